import { discard, isSettled, settleResponse } from './settled-response.js'
import { watchBody } from './watch-body.js'
import { isResponse, isWebStream, webClass } from './web-shapes.js'

/** What the loop has to know of responses: those that this makes are its answers. */
export function responsesUpTo(maxResponseBytes: number) {
  return {
    isAnswer: isResponse,
    isOk: (response: Response) => response.ok,
    discard,
    restore: ({ status, text }: { status: number; text: string }, { url }: Response) =>
      Object.defineProperty(
        new (webClass('Response'))(text, { status, headers: { 'content-type': 'application/json' } }),
        'url',
        { value: url, configurable: true },
      ),
    copy: (response: Response) => response.clone(),
    settle: async (response: Response) =>
      response.bodyUsed ? response : (await settleResponse(response, maxResponseBytes, 'read')).response,
    isStreaming: (response: Response) => !isSettled(response) && response.body !== null,
    watch: (response: Response, over: () => void) =>
      response.bodyUsed || !isWebStream(response.body) || response.body.locked
        ? undefined
        : watchBody(response, over),
  }
}
