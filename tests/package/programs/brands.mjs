// An error of the CommonJS build is recognised by the guards of the ES module build, and the other way round.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as imported from 'fetch-idempotency'

const required = createRequire(import.meta.url)('fetch-idempotency')
assert.notEqual(required.IdempotencyError, imported.IdempotencyError)

for (const [from, to] of [
  [required, imported],
  [imported, required],
]) {
  const send = from.createIdempotentFetch({
    fetch: async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })
    },
    retry: { maxAttempts: 1 },
  })
  const error = await send('https://api.example.com/orders', { method: 'POST' }).catch((thrown) => thrown)
  assert.ok(error instanceof from.OutcomeUnknownError, String(error))
  assert.ok(!(error instanceof to.OutcomeUnknownError))
  assert.equal(to.idempotencyOf(error)?.outcome, 'unknown')
  assert.ok(to.isIdempotencyError(error) && to.isOutcomeUnknownError(error) && !to.isNotAppliedError(error))
}
console.log('ok')
