import { describe, it } from 'vitest'
import { memoryStore } from '../../../src/journal/stores/memory-store.js'
import { storeChecks } from '../../../src/testing/store-checks.js'

describe('memoryStore', () => {
  for (const { name, run } of storeChecks())
    it(name, () =>
      run(async () => {
        let nowMs = 1_000_000
        const store = memoryStore({ now: () => nowMs })
        return {
          store,
          other: store,
          passMs: async (ms) => void (nowMs += ms),
          close: async () => undefined,
        }
      }),
    )
})
