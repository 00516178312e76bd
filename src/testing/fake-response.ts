import type { FakeAnswer } from './fault.js'

/** A new response each time: a body can be read once. */
export function toResponse({ status, headers, body }: FakeAnswer): Response {
  const init: ResponseInit = headers === undefined ? { status } : { status, headers }
  if (body === undefined) return new Response(null, init)
  return typeof body === 'string' ? new Response(body, init) : Response.json(body, init)
}
