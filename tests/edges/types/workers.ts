import { createIdempotentFetch } from 'fetch-idempotency'

const send = createIdempotentFetch()
export const asFetch: typeof globalThis.fetch = send
export default { fetch: (request: Request): Promise<Response> => send(request) }
void send('https://a.test', { method: 'POST', body: '{}', cf: { cacheTtl: 5 }, idempotencyKey: 'k' })
// @ts-expect-error -- there is no such option
void send('https://a.test', { cfs: {} })
