import type { Executions } from '../servers/executions.js'
import { keyedService, keyInHeader } from './keyed-service.js'
import type { PeerAnswer, PeerRequest, Service } from './peer.js'

// Protocols, and servers that treat keys in ways of their own.

const worker =
  (executions: Executions, status = 201) =>
  async ({ body }: PeerRequest): Promise<PeerAnswer> => {
    const number = await executions.run(body.item)
    return { status, body: { id: `ID${number}`, item: body.item } }
  }

const acpError = (status: number, code: string, headers = {}): PeerAnswer => ({
  status,
  headers,
  body: { type: 'invalid_request', code, message: code },
})

/** Agentic Commerce Protocol: key required, 409 in flight, 422 conflict, replays marked, a 5xx frees the key. */
export function acp(executions: Executions): Service {
  return keyedService({
    keyOf: ({ headers }) => headers['idempotency-key'] ?? acpError(400, 'idempotency_key_required'),
    running: () => acpError(409, 'idempotency_in_flight', { 'retry-after': '1' }),
    reused: () => acpError(422, 'idempotency_conflict'),
    stores: ({ status }) => status < 500,
    replay: (first) => ({ ...first, headers: { ...first.headers, 'idempotent-replayed': 'true' } }),
    work: worker(executions),
  })
}

/** 409 while running; a repetition, whatever its payload, gives the first answer and the time of the first request (Worldline). */
export function worldline(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('x-gcs-idempotence-key', /^[\x21-\x7e]{1,40}$/),
    running: () => ({ status: 409 }),
    replay: (first) => ({
      ...first,
      headers: { ...first.headers, 'x-gcs-idempotence-request-timestamp': '1795845600000' },
    }),
    work: worker(executions),
  })
}

const userErrors = (code: string): PeerAnswer => ({
  status: 200,
  body: { data: { refundCreate: { refund: null, userErrors: [{ code, message: code }] } } },
})

/** Key in a variable; every answer is a 200, `throttle` makes the first ones say THROTTLED (Shopify GraphQL). */
export function shopify(executions: Executions): Service {
  const throttled = new Map<string, number>()
  const mutations = keyedService({
    keyOf: ({ body }) => (body['variables'] as { idempotencyKey?: string } | undefined)?.idempotencyKey,
    running: () => userErrors('IDEMPOTENCY_CONCURRENT_REQUEST'),
    reused: () => userErrors('IDEMPOTENCY_KEY_PARAMETER_MISMATCH'),
    replay: (first) => first,
    work: async ({ body }) => {
      const number = await executions.run(body.item)
      return { status: 200, body: { data: { refundCreate: { refund: { id: number }, userErrors: [] } } } }
    },
  })
  return (request) => {
    const { item, throttle = 0 } = request.body
    const times = throttled.get(item) ?? 0
    if (times >= Number(throttle)) return mutations(request)
    throttled.set(item, times + 1)
    const throttleStatus = { currentlyAvailable: 9, restoreRate: 100 }
    return {
      status: 200,
      body: {
        errors: [{ message: 'Throttled', extensions: { code: 'THROTTLED' } }],
        extensions: { cost: { requestedQueryCost: 10, throttleStatus } },
      },
    }
  }
}

/** Executes every request, whatever its key. */
export function ignoring(executions: Executions): Service {
  return worker(executions)
}

/** Executes every request, and names nothing in its answers. */
export function silent(executions: Executions): Service {
  return async ({ body }) => {
    await executions.run(body.item)
    return { status: 201, body: { made: 'yes', item: body.item } }
  }
}

/** A replay is a 200 that wraps the first body, whatever the first status was. */
export function wrapped(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    replay: ({ body }) => ({ status: 200, body: { cached: true, data: body } }),
    work: worker(executions),
  })
}

/** Its own "in progress" takes the place of the answer in its store, and comes back as a marked replay for ever. */
export function frozen(executions: Executions): Service {
  const inProgress = (headers = {}): PeerAnswer => ({
    status: 409,
    headers,
    body: { code: 'REQUEST_IN_PROGRESS' },
  })
  const seen = new Set<string>()
  return async (request) => {
    const key = request.headers['idempotency-key'] ?? ''
    if (seen.has(key)) return inProgress({ 'idempotent-replayed': 'true' })
    seen.add(key)
    return worker(executions)(request)
  }
}
