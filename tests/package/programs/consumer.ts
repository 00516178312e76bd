import { createIdempotentFetch, idempotencyOf, isOutcomeUnknownError, type Outcome } from 'fetch-idempotency'
import { defineContract, standard, type ServerContract } from 'fetch-idempotency/contracts'
import { gateRetries, idempotency, reuseKey, stampKey } from 'fetch-idempotency/ky'
import type { QURLClient } from 'fetch-idempotency/qurl'

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
export type Client = QURLClient
