import { maxTimerMs } from '../clock/clock.js'
import type { Attempted } from '../guard/call.js'
import type { CapturedRequest } from './capture-request.js'
import type { Run } from './run.js'
import { settleResponse } from './settled-response.js'
import { readFailure } from './transport-failure.js'

/** What an attempt gave the host, beside what it tells the guard. */
export interface AttemptResult {
  readonly attempted: Attempted
  readonly response: Response | undefined
  readonly error: unknown
}

/** How an attempt is sent and its answer read. */
export interface Sender {
  readonly fetch: typeof fetch
  readonly maxResponseBytes: number
  /** May put another answer in the place of the one that came. */
  readonly inspect: ((response: Response, request: CapturedRequest) => Promise<Response>) | undefined
}

function transmit({ fetch }: Sender, request: CapturedRequest, signal: AbortSignal): Promise<Response> {
  const { method, url, headers, body, rest, base } = request
  const init: RequestInit & { duplex?: 'half' } = { ...rest, method, headers, signal }
  if (body !== null && body !== undefined) init.body = body as BodyInit
  if (body instanceof ReadableStream) init.duplex = 'half'
  return base === undefined
    ? fetch(url, init)
    : fetch(new Request(url === base.url ? base : new Request(url, base), init), rest)
}

function isSendable({ url, method, headers }: CapturedRequest): boolean {
  try {
    return new Request(url, { method, headers }) !== undefined
  } catch {
    return false
  }
}

/** Reads are streamed to the caller when they succeed; everything else is read to its end within the attempt. */
function isBodyRead(method: string, response: Response): boolean {
  return !response.ok || !/^(?:GET|HEAD|OPTIONS)$/i.test(method)
}

/**
 * Sends one attempt and reads its answer, both within `timeoutMs`. A lost answer is a result, not an exception.
 *
 * @throws the reason of the run's stop.
 */
export function sendAttempt(
  sender: Sender,
  request: CapturedRequest,
  timeoutMs: number,
  run: Run,
): Promise<AttemptResult> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const lose = (error: unknown, isTimeout: boolean) => {
      clearTimeout(timer)
      const verdict = isTimeout ? 'unknown' : readFailure(error)
      const lost =
        verdict === 'unknown' && error instanceof TypeError && !isSendable(request) ? 'unsendable' : verdict
      resolve({ attempted: { lost, error, isTimeout }, response: undefined, error })
    }
    const end = (reason: unknown, settle: () => void) => {
      clearTimeout(timer)
      settle()
      controller.abort(reason)
    }
    run.onStop = (reason) => end(reason, () => reject(reason))
    if (run.isStopped) return run.onStop(run.reason)
    if (timeoutMs !== Infinity)
      timer = setTimeout(
        () => {
          const reason = new DOMException(`no whole answer within ${timeoutMs} ms`, 'TimeoutError')
          end(reason, () => lose(reason, true))
        },
        Math.min(timeoutMs, maxTimerMs),
      )

    const receive = async () => {
      let response = await transmit(sender, request, controller.signal)
      if (sender.inspect !== undefined) response = await sender.inspect(response, request)
      const body = isBodyRead(request.method, response)
        ? await settleResponse(response, sender.maxResponseBytes)
        : { response, bytes: undefined }
      clearTimeout(timer)
      run.isStreaming = body.bytes === undefined && body.response.body !== null
      const { status, headers } = body.response
      resolve({
        attempted: { status, headers, bytes: body.bytes },
        response: body.response,
        error: undefined,
      })
    }
    receive().catch((error: unknown) => lose(error, false))
  })
}
