import { discard, isSettled, isTaken, settleResponse } from './settled-response.js'
import { watchBody } from './watch-body.js'
import type { RecordedAnswer } from '../operation/record-step.js'
import { settledBytes } from './response-overlay.js'
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
    toRecord: (response: Response) => {
      const { status, headers } = response
      return { status, headers, bytes: settledBytes(response) }
    },
    fromRecord: ({ status, headers, bytes }: RecordedAnswer) => {
      const body = [204, 205, 304].includes(status) ? null : (bytes as BodyInit | undefined)
      return new (webClass('Response'))(body ?? null, { status, headers: [...headers] as [string, string][] })
    },
    copy: (response: Response) => (isTaken(response) ? response : response.clone()),
    readWhole: async (given: Response) => {
      if (given.bodyUsed) return given
      const { response, cut } = await settleResponse(given, maxResponseBytes, 'read')
      if (cut !== undefined) throw cut.error
      return response
    },
    isStreaming: (response: Response) => !isSettled(response) && response.body !== null,
    watch: (response: Response, over: () => void) =>
      response.bodyUsed || !isWebStream(response.body) || response.body.locked
        ? undefined
        : watchBody(response, over),
  }
}
