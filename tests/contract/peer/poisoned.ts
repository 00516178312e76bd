import type { Executions } from '../servers/executions.js'
import { keyedService, keyInHeader } from './keyed-service.js'
import type { PeerAnswer, PeerRequest, Service } from './peer.js'

// Servers whose key stays locked when the first request dies: "running" for ever.

const worker =
  (executions: Executions) =>
  async ({ body }: PeerRequest): Promise<PeerAnswer> => {
    if (body['crash'] === 'before') return { status: 500, crashed: true }
    const number = await executions.run(body.item)
    if (body['crash'] === 'after') return { status: 500, crashed: true }
    return { status: 201, body: { id: `ID${number}` } }
  }

/** 409 without a word (Dwolla, for 24 hours). */
export function dwolla(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    running: () => ({ status: 409 }),
    replay: (first) => first,
    work: worker(executions),
  })
}

const whopError = (status: number, type: string): PeerAnswer => ({
  status,
  body: { error: { type, message: type } },
})

/** 409 `idempotency_request_in_progress` (Whop, until the key expires); another payload is 400 `idempotency_key_mismatch`. */
export function whop(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    running: () => whopError(409, 'idempotency_request_in_progress'),
    reused: () => whopError(400, 'idempotency_key_mismatch'),
    replay: (first) => first,
    work: worker(executions),
  })
}
