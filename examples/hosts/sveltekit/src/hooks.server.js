import { env } from '$env/dynamic/private'
// #region
import { createIdempotentFetch } from 'fetch-idempotency'

const send = createIdempotentFetch() // one for the process, not one per request

export function handleFetch({ request, fetch }) {
  return request.url.startsWith(env.ORDERS_URL) ? send(request) : fetch(request)
}
// #endregion
