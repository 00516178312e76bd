import { claimRules } from './claim-rules.js'
import { listRules } from './list-rules.js'
import type { StoreUnderTest } from './store-under-test.js'
import { writeRules } from './write-rules.js'

/** One rule of the contract of a store, as a test. */
export interface StoreCheck {
  readonly name: string
  /** @throws an error that says what the store did and what it should have done. */
  run(open: () => Promise<StoreUnderTest>): Promise<void>
}

/**
 * The contract of an operation store as tests, for any test runner: each opens a store of its own, which has to be empty.
 *
 * @example
 * ```ts no-run
 * import { memoryStore } from 'fetch-idempotency/journal'
 * import { storeChecks } from 'fetch-idempotency/testing'
 * import { it } from 'node:test'
 *
 * for (const { name, run } of storeChecks())
 *   it(name, () =>
 *     run(async () => {
 *       let nowMs = 0
 *       const store = memoryStore({ now: () => nowMs })
 *       return { store, other: store, passMs: async (ms) => void (nowMs += ms), close: async () => {} }
 *     }),
 *   )
 * ```
 */
export function storeChecks(): readonly StoreCheck[] {
  return Object.entries({ ...claimRules, ...writeRules, ...listRules }).map(([name, rule]) => ({
    name,
    async run(open) {
      const test = await open()
      try {
        await rule(test)
      } finally {
        await test.close()
      }
    },
  }))
}
