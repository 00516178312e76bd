import { maxTimerMs } from '../clock/clock.js'
import type { Attempted } from '../guard/call.js'
import { unused, type CapturedRequest } from './capture-request.js'
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
  /** May put another answer in the place of the one that came. What it throws ends the operation. */
  readonly inspect: ((response: Response, request: CapturedRequest) => Promise<Response>) | undefined
}

function transmit({ fetch }: Sender, request: CapturedRequest, signal: AbortSignal): Promise<Response> {
  const { method, url, headers, body, rest, base } = request
  const init: RequestInit & { duplex?: 'half' } = { ...rest, method, headers, signal }
  if (body !== null && body !== undefined) init.body = body as BodyInit
  if (body instanceof ReadableStream) init.duplex = 'half'
  // A `Request` that is made from another forgets whom to name as its referrer.
  if (base !== undefined)
    Object.assign(init, { referrer: base.referrer, referrerPolicy: base.referrerPolicy, ...rest })
  return base === undefined
    ? fetch(url, init)
    : fetch(new Request(url === base.url ? base : new Request(url, unused(base)), init), rest)
}

/** Whether the request is one that `fetch` takes at all. The URL may be for a fetch that knows what it is relative to. */
function isSendable({ method, headers, body }: CapturedRequest): boolean {
  try {
    return new Request('http://a', { method, headers, ...(body != null && { body: '' }) }).method !== ''
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
      const verdict = isTimeout ? 'unknown' : readFailure(error, request.url)
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

    const read = (response: Response) =>
      isBodyRead(request.method, response)
        ? settleResponse(response, sender.maxResponseBytes)
        : { response, bytes: undefined }
    const receive = async () => {
      const response = await transmit(sender, request, controller.signal)
      // A fetch that does not heed its signal brings its answer when the attempt is long over.
      if (controller.signal.aborted) return response.body?.cancel()
      let body = await read(response)
      if (sender.inspect !== undefined) {
        // Read before it is shown, so that what a hook throws is its own and not the connection's.
        const inspected = await sender.inspect(body.response, request).catch((error: unknown) => {
          end(error, () => reject(error))
        })
        if (inspected === undefined) return
        if (inspected !== body.response) body = await read(inspected)
      }
      clearTimeout(timer)
      run.isStreaming = body.bytes === undefined && body.response.body !== null
      const { status, headers, redirected } = body.response
      resolve({
        attempted: { status, headers, bytes: body.bytes, redirected },
        response: body.response,
        error: undefined,
      })
    }
    receive().catch((error: unknown) => lose(error, false))
  })
}
