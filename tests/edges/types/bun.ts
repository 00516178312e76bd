import { createIdempotentFetch } from 'fetch-idempotency'

const send = createIdempotentFetch()
export const asFetch: typeof globalThis.fetch = send
export const asBunFetch: typeof Bun.fetch = send
createIdempotentFetch({ fetch: Bun.fetch }).preconnect('https://a.test')
export const answer: Promise<Response> = send('https://a.test', {
  method: 'POST',
  body: Bun.file('a.txt'),
  proxy: 'http://proxy.test',
  tls: { rejectUnauthorized: false },
  unix: '/a.sock',
  decompress: false,
  idempotencyKey: 'k',
})
// @ts-expect-error -- there is no such option
void send('https://a.test', { proxies: [] })
