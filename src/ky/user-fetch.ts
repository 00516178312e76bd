import type { CapturedRequest } from '../transport/capture-request.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { isKnownFetch } from '../transport/known-fetch.js'
import { tieCall, type KyCall } from './ky-call.js'

/** The request that ky has made, as long as nobody has used it, and what it hands to a fetch beside it. */
export interface KyRequest {
  request: Request | undefined
  readonly captured: CapturedRequest
  readonly rest: RequestInit
}

/**
 * A fetch of the user's own, called as ky calls it: with a `Request`. To make one takes longer than all else, so the first is
 * ky's. One that was given after ours may call ours, which finds the call by the request, or by the `init` that is handed on.
 */
export function asKyCalls(fetch: FetchLike, call: KyCall, unused: KyRequest): FetchLike {
  if (isKnownFetch(fetch)) return fetch
  const send = (request: Request, init: RequestInit) =>
    call.isLate ? fetch(tieCall(request, call), tieCall(init, call)) : fetch(request, init)
  return (url, init = {}) => {
    const { request, captured, rest } = unused
    unused.request = undefined
    const { signal, headers, body } = init
    const isSame =
      url === captured.url && headers === captured.headers && body === (captured.body ?? undefined)
    if (request !== undefined && isSame && !('client' in init))
      return send(request, { ...rest, ...(signal && { signal }) })
    const pick = (isKnown: boolean) =>
      Object.fromEntries(
        Object.entries(init).filter(([name]) => (name in Request.prototype || name === 'duplex') === isKnown),
      )
    return send(new Request(url, pick(true)), { ...pick(false), ...(signal && { signal }) })
  }
}
