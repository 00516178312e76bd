import { createIdempotentFetch } from 'fetch-idempotency'

const send = createIdempotentFetch({ fetch: globalThis.fetch })
export const asFetch: typeof globalThis.fetch = send
const form = new FormData()
form.append('file', { uri: 'file:///a.txt', name: 'a.txt', type: 'text/plain' })
export const answer: Promise<Response> = send('https://a.test', {
  method: 'POST',
  body: form,
  idempotencyKey: 'k',
})
// @ts-expect-error -- there is no such option
void send('https://a.test', { cf: {} })
