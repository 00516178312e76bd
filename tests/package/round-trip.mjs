// One write whose first answer is lost, by URL, by `Request` and over ky, in whatever runtime this is started.
import ky from 'ky'
import { createIdempotentFetch, idempotencyOf } from '../../dist/index.js'
import { idempotency } from '../../dist/ky/index.js'

/** @param {string} origin a server that loses its first answer to each key */
export async function roundTrip(origin) {
  const send = createIdempotentFetch()
  const byFetch = await send(`${origin}/fetch`, { method: 'POST', body: JSON.stringify({ item: 'book' }) })
  const byRequest = await send(new Request(`${origin}/request`, { method: 'POST', body: 'book' }))
  const byKy = await ky.extend(idempotency()).post(`${origin}/ky`, { json: { item: 'book' } })
  return [byFetch, byRequest, byKy].map((response) => {
    const { attempts, replayed, outcome } = idempotencyOf(response) ?? {}
    return { status: response.status, attempts, replayed, outcome }
  })
}
