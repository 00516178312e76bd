import { expectEqual, expectTrue } from './expect.js'
import { claimOf, recordOf, settle, type StoreRules } from './store-under-test.js'

/** What a list gives. */
export const listRules: StoreRules = {
  'list gives each state by itself, in the order of creation, page by page': async ({ store, other }) => {
    const ids = Array.from({ length: 25 }, (_, index) => `id-${(index * 7) % 25}`)
    for (const id of ids) await store.claim(claimOf(id, { leaseMs: 0 }))
    await settle(store, 'done-1', 5_000)
    await settle(store, 'done-2', 4_000)
    // Written again: the order is that of creation all the same.
    await store.claim(claimOf(ids[0] as string, { token: 'again' }))
    await store.record(recordOf(ids[0] as string, { token: 'again' }))
    const found: string[] = []
    let after: string | undefined
    do {
      const page = await other.list({ state: 'open' }, { after, limit: 10 })
      expectTrue(page.entries.length <= 10, `at most 10 entries, not ${page.entries.length}`)
      found.push(...page.entries.map(({ id }) => id))
      after = page.next
    } while (after !== undefined && found.length < 2 * ids.length)
    expectEqual(found, ids)
    expectEqual((await other.list({ state: 'open' }, { limit: ids.length })).next, undefined)
    const settled = await other.list({ state: 'settled' }, { limit: 10 })
    expectEqual(
      settled.entries.map(({ id }) => id),
      ['done-1', 'done-2'],
    )
  },

  'list gives a lane by itself, whatever the state': async ({ store, other }) => {
    for (const id of ['a', 'b', 'c', 'd', 'e'])
      await store.claim(claimOf(id, { lane: id === 'c' ? 'lane-2' : id === 'd' ? undefined : 'lane-1' }))
    await store.record(recordOf('b', { state: 'settled', leaseMs: 0 }))
    const first = await other.list({ lane: 'lane-1' }, { limit: 2 })
    const second = await other.list({ lane: 'lane-1' }, { limit: 2, after: first.next })
    expectEqual(
      [...first.entries, ...second.entries].map(({ id, state }) => `${id} ${state}`),
      ['a open', 'b settled', 'e open'],
    )
    expectEqual(second.next, undefined)
    expectEqual(await other.list({ lane: 'lane-9' }, { limit: 2 }), { entries: [], next: undefined })
  },

  'list goes on after entries that have been removed or settled since': async ({ store }) => {
    for (const id of ['a', 'b', 'c', 'd']) await store.claim(claimOf(id))
    const { next } = await store.list({ state: 'open' }, { limit: 2 })
    await store.remove({ id: 'b', token: 'token-b' })
    await store.record(recordOf('c', { state: 'settled', leaseMs: 0 }))
    const rest = await store.list({ state: 'open' }, { limit: 2, after: next })
    expectEqual(
      rest.entries.map(({ id }) => id),
      ['d'],
    )
  },
}
