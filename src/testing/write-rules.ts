import { expectEqual, expectTrue } from './expect.js'
import {
  claimOf,
  entriesOf,
  entryOf,
  leaseMs,
  longMs,
  recordOf,
  settle,
  type StoreRules,
} from './store-under-test.js'

/** What becomes of an entry that is renewed, recorded or removed. */
export const writeRules: StoreRules = {
  'renew lets a lease hold longer, also one that ran out and that nobody took': async ({
    store,
    other,
    passMs,
  }) => {
    await store.claim(claimOf('a', { leaseMs }))
    await passMs(leaseMs + 50)
    expectTrue(await store.renew({ id: 'a', token: 'token-a', leaseMs: longMs }), 'it is renewed')
    expectEqual((await other.claim(claimOf('a', { token: 'second' }))).status, 'held')
    expectEqual(await store.renew({ id: 'missing', token: 'token-a', leaseMs }), false)
  },

  'record writes value, state and time, and gives the lease back when told to': async ({ store, other }) => {
    await store.claim(claimOf('a', { lane: 'lane-1' }))
    expectTrue(await store.record(recordOf('a', { value: 'second', nowMs: 3_000 })), 'it is written')
    expectEqual((await other.claim(claimOf('a', { token: 'second' }))).status, 'held')
    expectTrue(
      await store.record(recordOf('a', { state: 'settled', value: 'third', leaseMs: 0 })),
      'it settles',
    )
    const entry = await entryOf(other, 'a')
    expectEqual(entry, {
      id: 'a',
      lane: 'lane-1',
      state: 'settled',
      value: 'third',
      createdMs: 1_000,
      updatedMs: 2_000,
      leaseLeftMs: 0,
    })
    expectEqual(await store.record(recordOf('a', { value: 'fourth' })), false)
    expectEqual(await store.renew({ id: 'a', token: 'token-a', leaseMs: longMs }), false)
    expectEqual(await store.record(recordOf('missing')), false)
    expectEqual((await entryOf(other, 'a'))?.value, 'third')
  },

  'remove takes one entry away, unless a lease holds that is not the one given': async ({ store, other }) => {
    await store.claim(claimOf('a', { lane: 'lane-1' }))
    expectEqual(await other.remove({ id: 'a' }), 0)
    expectEqual(await other.remove({ id: 'a', token: 'second' }), 0)
    expectEqual(await store.remove({ id: 'a', token: 'token-a' }), 1)
    expectEqual(await entriesOf(other), [])
    expectEqual((await other.list({ lane: 'lane-1' }, { limit: 9 })).entries, [])
    await store.claim(claimOf('a', { leaseMs: 0 }))
    expectEqual(await other.remove({ id: 'a' }), 1)
    expectEqual(await other.remove({ id: 'a' }), 0)
    expectEqual(await store.record(recordOf('a')), false)
    expectEqual(await store.claim(claimOf('a')), { status: 'created' })
  },

  'remove takes away what was settled before a time, and nothing else': async ({ store, other }) => {
    await settle(store, 'new', 9_000)
    await settle(store, 'old-2', 3_000)
    await settle(store, 'old-1', 2_000)
    await settle(store, 'old-3', 4_000)
    await settle(store, 'busy', 1_000)
    await other.claim(claimOf('busy', { token: 'second', takeSettled: true }))
    await store.claim(claimOf('open', { leaseMs: 0, nowMs: 1 }))
    // Settled once, and opened again since.
    await settle(store, 'again', 500)
    await store.claim(claimOf('again', { takeSettled: true }))
    await store.record(recordOf('again', { leaseMs: 0, nowMs: 600 }))
    expectEqual(await other.remove({ settledBeforeMs: 9_000, limit: 2 }), 2)
    const ids = async () => (await entriesOf(store)).map(({ id }) => id).toSorted()
    expectEqual(await ids(), ['again', 'busy', 'new', 'old-3', 'open'])
    expectEqual(await other.remove({ settledBeforeMs: 9_000, limit: 2 }), 1)
    expectEqual(await other.remove({ settledBeforeMs: 9_000, limit: 2 }), 0)
    expectEqual(await ids(), ['again', 'busy', 'new', 'open'])
  },

  'many calls at once, each of its own entry, are all carried out': async ({ store, other }) => {
    const ids = Array.from({ length: 200 }, (_, index) => `many-${index}`)
    await Promise.all(
      ids.map(async (id, index) => {
        const own = index % 2 === 0 ? store : other
        expectEqual(await own.claim(claimOf(id)), { status: 'created' })
        expectTrue(await own.record(recordOf(id, { state: 'settled', leaseMs: 0 })), `${id} settles`)
      }),
    )
    const { entries } = await other.list({ state: 'settled' }, { limit: 1_000 })
    expectEqual(new Set(entries.map(({ id }) => id)).size, ids.length)
  },
}
