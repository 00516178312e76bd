import { createIdempotentFetch, idempotencyOf, isOutcomeUnknownError } from 'fetch-idempotency'
import { defineContract, standard } from 'fetch-idempotency/contracts'
import { gateRetries, idempotency, reuseKey, stampKey } from 'fetch-idempotency/ky'

export const send: typeof fetch = createIdempotentFetch({ contract: standard, retry: { maxAttempts: 5 } })
export const outcome = async (): Promise<'applied' | 'not-applied' | 'unknown' | undefined> => {
  try {
    return idempotencyOf(await send('https://api.example.com/orders', { method: 'POST' }))?.outcome
  } catch (error) {
    return isOutcomeUnknownError(error) ? error.outcome : undefined
  }
}
export const hooks = [stampKey(), reuseKey(), gateRetries(), idempotency()]
export const define: (...args: never[]) => unknown = defineContract
// @ts-expect-error the number of attempts is a number, which shows that the types are not `any`
createIdempotentFetch({ retry: { maxAttempts: '5' } })
