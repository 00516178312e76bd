import { captureRequest, unused, type CapturedRequest } from '../transport/capture-request.js'
import type { AttemptResult } from '../transport/attempted.js'
import { isError } from '../transport/web-shapes.js'
import { isSentOnce } from '../transport/captured-body.js'

/** The request as hooks are shown it. A body that streams is left out: a hook that read it would use it up. */
export function showRequest({ url, method, headers, body, base }: CapturedRequest): Request {
  const shown = (isSentOnce(body) ? null : (body ?? null)) as BodyInit | null
  return new Request(base === undefined ? url : unused(base), { method, headers, body: shown })
}

/** The error that a hook is shown for an answer, as ky shows an `HTTPError`. */
export function showError({ answer, error }: AttemptResult<Response>): Error {
  if (answer === undefined) return isError(error) ? error : new Error(String(error))
  return Object.assign(new Error(`the server answered ${answer.status}`), { response: answer })
}

/** The request with the headers that hooks have given it. */
export function takeHeaders(request: CapturedRequest, { headers }: Request): CapturedRequest {
  return { ...request, headers: Object.fromEntries(headers) }
}

/** What a hook made of the request that it was shown, in place of ours. */
export async function takeHooked(
  request: CapturedRequest,
  shown: Request,
  hooked: Request,
): Promise<CapturedRequest> {
  if (hooked === shown) return takeHeaders(request, hooked)
  const taken = await captureRequest(hooked, {}, { maxRequestBytes: Infinity, oversizedBody: 'refuse' })
  const { rest, signal, body, remake } = request
  // A stream was not shown to the hook: what it made of the request has none.
  const isHidden = isSentOnce(body) && !(taken.body as Uint8Array | null)?.length
  return { ...taken, rest, signal, ...(isHidden && { body, remake }) }
}
