import { toResponse } from './fake-response.js'
import type { Fault, SeenRequest } from './fault.js'
import type { RequestLog } from './request-log.js'

/** A `fetch` that notes each request, plays its fault, and has `deliver` answer those that reach the server. */
export function playFaults(
  log: RequestLog<Fault>,
  deliver: (request: Request, seen: SeenRequest) => Promise<Response>,
): (...request: Parameters<typeof fetch>) => Promise<Response> {
  return async (input, init) => {
    const request = new Request(input, init)
    const { method, url, headers } = request
    // That of the request follows it only as long as somebody keeps the request.
    const signal = init?.signal ?? request.signal
    const body = await request.clone().text()
    signal.throwIfAborted()
    const { seen, fault } = log.note({ method, url, headers, body })
    if (fault === 'refuse') throw connectionRefused()
    if (fault === 'reset-before') throw connectionReset()
    if (typeof fault === 'object' && 'instead' in fault) return toResponse(fault.instead)
    const response = await deliver(request, seen)
    if (fault === 'pass') return response
    if (fault === 'cut-body') return cutBody(response)
    response.body?.cancel().catch(() => {})
    if (fault === 'hang') return untilAborted(signal)
    if (fault === 'lose-answer') throw connectionReset()
    return toResponse(fault.after)
  }
}

/** What the `fetch` of Node throws when nobody listens. */
function connectionRefused(): TypeError {
  const facts = { code: 'ECONNREFUSED', syscall: 'connect' }
  return new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), facts) })
}

/** What the `fetch` of Node throws when a connection is reset. */
function connectionReset(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' })
  return new TypeError('fetch failed', { cause })
}

/** The status, the headers and half of the body; without a body, there is nothing to cut but the head. */
async function cutBody(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  if (bytes.length === 0) throw connectionReset()
  const half = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length >> 1)),
    pull: (controller) => controller.error(new TypeError('terminated', { cause: connectionReset().cause })),
  })
  const { status, statusText, headers } = response
  return new Response(half, { status, statusText, headers })
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
