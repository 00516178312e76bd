import { createIdempotentFetch, idempotencyOf, isOutcomeUnknownError, type Outcome } from 'fetch-idempotency'
import { defineContract, standard, type ServerContract } from 'fetch-idempotency/contracts'
import { gateRetries, idempotency, reuseKey, stampKey } from 'fetch-idempotency/ky'
import { createJournal, memoryStore } from 'fetch-idempotency/journal'
import { openTelemetry } from 'fetch-idempotency/opentelemetry'
import { probeContract } from 'fetch-idempotency/probe'
import type { QURLClient } from 'fetch-idempotency/qurl'
import { memoryServer, virtualClock } from 'fetch-idempotency/testing'
import { startFaultyServer } from 'fetch-idempotency/testing/server'

export const contract: ServerContract = standard
export const send: typeof fetch = createIdempotentFetch({ contract, retry: { maxAttempts: 5 } })
export const outcome = async (): Promise<Outcome | undefined> => {
  try {
    return idempotencyOf(await send('https://api.example.com/orders', { method: 'POST' }))?.outcome
  } catch (error) {
    return isOutcomeUnknownError(error) ? error.outcome : undefined
  }
}
export const parts = [defineContract, stampKey(), reuseKey(), gateRetries(), idempotency()]
export const tested: typeof fetch = createIdempotentFetch({
  fetch: memoryServer({ contract, faults: ['lose-answer'] }).fetch,
  clock: virtualClock(),
  journal: createJournal({ store: memoryStore() }),
  ...openTelemetry(),
})
export const tools = [probeContract, startFaultyServer]
export type Client = QURLClient
