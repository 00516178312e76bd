import { gateRetries, idempotency, idempotencyOf, reuseKey, stampKey } from 'fetch-idempotency/ky'
import ky from 'ky'

export const whole = ky.extend(idempotency())
export const spread = ky.create({ ...idempotency(), timeout: 1000 })
export const parts = ky.extend({
  hooks: { beforeRequest: [stampKey()], beforeRetry: [reuseKey()] },
  retry: gateRetries(),
})
export const outcome = idempotencyOf(
  await whole.post('https://api.example.com/orders', { json: {} }),
)?.outcome
