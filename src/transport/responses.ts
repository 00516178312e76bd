import { discard } from './send-attempt.js'
import { isSettled, settleResponse } from './settled-response.js'
import { watchBody } from './watch-body.js'

/** What the loop has to know of responses: those that this makes are its answers. */
export function responsesUpTo(maxResponseBytes: number) {
  return {
    isAnswer: (value: unknown): value is Response => value instanceof Response,
    isOk: (response: Response) => response.ok,
    discard,
    copy: (response: Response) => response.clone(),
    settle: async (response: Response) =>
      response.bodyUsed ? response : (await settleResponse(response, maxResponseBytes)).response,
    isStreaming: (response: Response) => !isSettled(response) && response.body !== null,
    watch: (response: Response, over: () => void) =>
      response.bodyUsed || response.body?.locked !== false ? undefined : watchBody(response, over),
  }
}
