import type { Executions } from '../servers/executions.js'
import { isSuccess, keyedService, keyInHeader } from './keyed-service.js'
import type { PeerAnswer, PeerRequest, Service } from './peer.js'

// Servers that answer a duplicate from what they keep, each in its own way.

const worker =
  (executions: Executions, status = 201) =>
  async ({ body }: PeerRequest): Promise<PeerAnswer> => {
    const number = await executions.run(body.item)
    if (body.failWith) return { status: Number(body.failWith), body: { message: 'refused', number } }
    return { status, body: { id: `ID${number}`, item: body.item } }
  }

const problem = (status: number, title: string): PeerAnswer => ({
  status,
  headers: {
    'content-type': 'application/problem+json',
    link: '<https://example.com/idempotency>; rel="describedby"',
  },
  body: { type: 'https://example.com/idempotency', title, status },
})

/** draft-ietf-httpapi-idempotency-key-header-07: quoted key, 400 without, 409 running, 422 reused, no replay marker. */
export function ietf(executions: Executions): Service {
  return keyedService({
    keyOf: ({ headers }) =>
      /^"([\x20-\x21\x23-\x5b\x5d-\x7e]+)"$/.exec(headers['idempotency-key'] ?? '')?.[1] ??
      problem(400, 'Idempotency-Key is missing or is no string'),
    running: () => problem(409, 'A request is outstanding for this Idempotency-Key'),
    reused: () => problem(422, 'Idempotency-Key is already used'),
    replay: (first) => first,
    work: worker(executions),
  })
}

const squareError = (code: string, field = 'idempotency_key'): PeerAnswer => ({
  status: 400,
  body: { errors: [{ category: 'INVALID_REQUEST_ERROR', code, detail: code, field }] },
})

/** Key in the JSON body; a duplicate gets the same payment, another payload 400 IDEMPOTENCY_KEY_REUSED (Square). */
export function square(executions: Executions): Service {
  return keyedService({
    keyOf: ({ body }) => {
      const key = body['idempotency_key']
      if (typeof key !== 'string') return squareError('MISSING_REQUIRED_PARAMETER')
      return key.length <= 45 ? key : squareError('VALUE_TOO_LONG')
    },
    reused: () => squareError('IDEMPOTENCY_KEY_REUSED'),
    replay: (first) => first,
    work: worker(executions, 200),
  })
}

const qurlError = (status: number, code: string, headers: Record<string, string> = {}): PeerAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: {
    error: { type: 'about:blank', title: code, status, code, detail: code },
    meta: { request_id: 'r' },
  },
})

const markReplay = (first: PeerAnswer): PeerAnswer => ({
  ...first,
  headers: { ...first.headers, 'idempotency-replayed': 'true' },
})

/**
 * `Idempotency-Replayed: true`; a 409 about the domain is kept like a success. `POST /v1/api-keys` answers a duplicate that meets
 * a running one with 503 + Retry-After, and another payload with 409 (qURL).
 */
export function qurl(executions: Executions): Service {
  const slugs = new Set<unknown>()
  const apiKeys = keyedService({
    keyOf: keyInHeader('idempotency-key', /^[\x21-\x7e]{32,256}$/),
    running: () => qurlError(503, 'transient', { 'retry-after': '1' }),
    reused: () => qurlError(409, 'idempotency_key_reused'),
    replay: markReplay,
    work: worker(executions),
  })
  const links = keyedService({
    keyOf: keyInHeader('idempotency-key', /^[\x21-\x7e]{1,256}$/),
    replay: markReplay,
    work: async (request) => {
      const { slug } = request.body
      if (slug !== undefined && slugs.has(slug)) return qurlError(409, 'slug_in_use')
      slugs.add(slug)
      return worker(executions)(request)
    },
  })
  return (request) => (request.path === '/v1/api-keys' ? apiKeys(request) : links(request))
}

/** First 201, then 200 with the current state (PayPal orders). */
export function paypal(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('paypal-request-id', /^.{1,108}$/),
    running: () => ({
      status: 409,
      body: { name: 'RESOURCE_CONFLICT', details: [{ issue: 'PREVIOUS_REQUEST_IN_PROGRESS' }] },
    }),
    stores: ({ status }) => status < 500,
    replay: (first) => ({ status: 200, body: { ...(first.body as object), status: 'APPROVED' } }),
    work: worker(executions),
  })
}

/** A duplicate gets 202 with the first body; only successes are kept (Checkout.com). */
export function checkout(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('cko-idempotency-key'),
    running: () => ({ status: 409 }),
    stores: isSuccess,
    replay: (first) => ({ ...first, status: 202 }),
    work: worker(executions),
  })
}

const resendError = (name: string): PeerAnswer => ({
  status: 409,
  body: { statusCode: 409, name, message: name },
})

/** 409 for a running and for a reused key, told apart by `name` alone (Resend). */
export function resend(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key', /^.{1,256}$/),
    running: () => resendError('concurrent_idempotent_requests'),
    reused: () => resendError('invalid_idempotent_request'),
    replay: (first) => first,
    work: worker(executions, 200),
  })
}

/** `POST /{status}` answers another payload under the key with that status and an empty body. */
export function reuse(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    reused: ({ request }) => ({ status: Number(request.path.slice(1)) }),
    replay: (first) => first,
    work: worker(executions),
  })
}

const withResult = (answer: PeerAnswer, result: string): PeerAnswer => ({
  ...answer,
  headers: { ...answer.headers, 'repeatability-result': result },
})

/** Repeatable Requests: key and time of the first attempt; 412 outside five minutes; 5xx run again. */
export function oasis(executions: Executions): Service {
  return keyedService({
    keyOf: ({ headers }) => {
      const id = headers['repeatability-request-id'] ?? ''
      const firstSent = headers['repeatability-first-sent'] ?? ''
      const firstSentMs = Date.parse(firstSent)
      if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id))
        return withResult({ status: 400 }, 'rejected')
      if (new Date(firstSentMs).toUTCString() !== firstSent) return withResult({ status: 400 }, 'rejected')
      if (Math.abs(Date.now() - firstSentMs) > 5 * 60_000) return withResult({ status: 412 }, 'rejected')
      return `${id} ${firstSent}`
    },
    running: () => ({ status: 409 }),
    reused: () => withResult({ status: 400 }, 'rejected'),
    stores: ({ status }) => status < 500,
    replay: (first) => first,
    work: async (request) => withResult(await worker(executions, 202)(request), 'accepted'),
  })
}
