import type { CapturedRequest } from '../transport/capture-request.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { isKnownFetch } from '../transport/known-fetch.js'
import { isRequest } from '../transport/web-shapes.js'
import { CallHandle, callOption, type KyCall, type KyCalls } from './ky-call.js'

/** The request that ky has made, as long as nobody has used it, and what it hands to a fetch beside it. */
export interface KyRequest {
  request: Request | undefined
  readonly captured: CapturedRequest
  readonly rest: RequestInit
}

/** The fetch that was given after ours, or with a call. It may call our fetch, which then has to find the call that it belongs to. */
export function withCall(fetch: FetchLike, call: KyCall, { byRequest }: KyCalls): FetchLike {
  if (isKnownFetch(fetch)) return fetch
  return (input, init) => {
    if (isRequest(input)) byRequest.set(input, call)
    // Not enumerable: the user's fetch does not see the option, and hands it on where it hands on its `init`.
    return fetch(input, Object.defineProperty({ ...init }, callOption, { value: new CallHandle(call) }))
  }
}

/** A fetch of the user's own, called as ky calls it: with a `Request`. To make one takes longer than all else, so the first is ky's. */
export function asKyCalls(fetch: FetchLike, unused: KyRequest): FetchLike {
  if (isKnownFetch(fetch)) return fetch
  return (url, init = {}) => {
    const { request, captured, rest } = unused
    unused.request = undefined
    const { signal, headers, body } = init
    const isSame =
      url === captured.url && headers === captured.headers && body === (captured.body ?? undefined)
    if (request !== undefined && isSame && !('client' in init))
      return fetch(request, { ...rest, ...(signal && { signal }) })
    const pick = (isKnown: boolean) =>
      Object.fromEntries(
        Object.entries(init).filter(([name]) => (name in Request.prototype || name === 'duplex') === isKnown),
      )
    return fetch(new Request(url, pick(true)), { ...pick(false), ...(signal && { signal }) })
  }
}
