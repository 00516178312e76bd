import type { ClaimRequest, OperationStore, RecordRequest, StoredEntry } from '../journal/store.js'
import { expectEqual, expectTrue } from './expect.js'

/** A store under test, empty at first, and what the checks need to do with it. */
export interface StoreUnderTest {
  readonly store: OperationStore
  /** Another user of the same data, such as a second connection; the same store when there can be no other. */
  readonly other: OperationStore
  /** Lets this much time pass on the clock that the store measures leases by: really, or by moving a clock of its own. */
  passMs(ms: number): Promise<void>
  /** Closes both and removes the data. */
  close(): Promise<void>
}

/** One rule of the contract of a store, as a test. */
export interface StoreCheck {
  readonly name: string
  /** @throws an error that says what the store did and what it should have done. */
  run(open: () => Promise<StoreUnderTest>): Promise<void>
}

/** Short enough to wait for, long enough that a slow machine does not let it run out between two calls. */
const leaseMs = 400
const longMs = 60_000

const claimOf = (id: string, more: Partial<ClaimRequest> = {}): ClaimRequest => ({
  id,
  lane: undefined,
  token: `token-${id}`,
  leaseMs: longMs,
  value: `value of ${id}`,
  nowMs: 1_000,
  ...more,
})

const recordOf = (id: string, more: Partial<RecordRequest> = {}): RecordRequest => ({
  id,
  token: `token-${id}`,
  leaseMs: longMs,
  state: 'open',
  value: `changed ${id}`,
  nowMs: 2_000,
  ...more,
})

async function entriesOf(store: OperationStore): Promise<StoredEntry[]> {
  const open = await store.list({ state: 'open' }, { limit: 1_000 })
  const settled = await store.list({ state: 'settled' }, { limit: 1_000 })
  return [...open.entries, ...settled.entries]
}

async function entryOf(store: OperationStore, id: string): Promise<StoredEntry | undefined> {
  return (await entriesOf(store)).find((entry) => entry.id === id)
}

async function settle(store: OperationStore, id: string, nowMs: number): Promise<void> {
  await store.claim(claimOf(id))
  expectTrue(await store.record(recordOf(id, { state: 'settled', leaseMs: 0, nowMs })), 'record settles')
}

type Rule = (test: StoreUnderTest) => Promise<void>

const rules: Readonly<Record<string, Rule>> = {
  'claim creates an entry that is open, as it was given': async ({ store, other }) => {
    const value = `{"text":"\\u0000 \u00e9 \u{1f600} '' \\" \\\\ %_"}\n`.repeat(200)
    const created = await store.claim(claimOf('a', { lane: 'lane-1', value, nowMs: 1_700_000_000_123 }))
    expectEqual(created, { status: 'created' })
    const entry = await entryOf(other, 'a')
    const { leaseLeftMs = 0, ...rest } = entry ?? {}
    expectEqual(rest, {
      id: 'a',
      lane: 'lane-1',
      state: 'open',
      value,
      createdMs: 1_700_000_000_123,
      updatedMs: 1_700_000_000_123,
    })
    expectTrue(leaseLeftMs > 0 && leaseLeftMs <= longMs, `0 < leaseLeftMs <= ${longMs}, not ${leaseLeftMs}`)
  },

  'claim of an entry on which a lease holds changes nothing': async ({ store, other }) => {
    await store.claim(claimOf('a'))
    const refused = await other.claim(claimOf('a', { token: 'second', value: 'other', nowMs: 5 }))
    expectEqual(refused.status, 'held')
    if ('entry' in refused) expectEqual(refused.entry.value, 'value of a')
    const entry = await entryOf(store, 'a')
    expectEqual(entry?.value, 'value of a')
    expectEqual(entry?.updatedMs, 1_000)
    expectTrue(await store.renew({ id: 'a', token: 'token-a', leaseMs: longMs }), 'the first lease stands')
    expectEqual(await other.renew({ id: 'a', token: 'second', leaseMs: longMs }), false)
  },

  'claim with the token that has the lease is the same claim again': async ({ store, other }) => {
    await store.claim(claimOf('a'))
    const again = await other.claim(claimOf('a', { value: 'other' }))
    expectEqual(again.status, 'taken')
    if ('entry' in again) expectEqual(again.entry.value, 'value of a')
    expectEqual((await entriesOf(store)).length, 1)
  },

  'claim takes an entry whose lease has run out, and the old lease is gone': async ({
    store,
    other,
    passMs,
  }) => {
    await store.claim(claimOf('a', { leaseMs }))
    await passMs(leaseMs + 50)
    expectEqual((await entryOf(store, 'a'))?.leaseLeftMs, 0)
    const taken = await other.claim(claimOf('a', { token: 'second' }))
    expectEqual(taken.status, 'taken')
    if ('entry' in taken) {
      expectEqual(taken.entry.value, 'value of a')
      expectEqual(taken.entry.state, 'open')
    }
    expectEqual(await store.renew({ id: 'a', token: 'token-a', leaseMs }), false)
    expectEqual(await store.record(recordOf('a')), false)
    expectEqual(await store.remove({ id: 'a', token: 'token-a' }), 0)
    expectEqual((await entryOf(store, 'a'))?.value, 'value of a')
    expectTrue(await other.record(recordOf('a', { token: 'second' })), 'the new lease stands')
  },

  'claim with no lease creates an entry that is free at once': async ({ store, other }) => {
    expectEqual(await store.claim(claimOf('a', { leaseMs: 0 })), { status: 'created' })
    expectEqual((await entryOf(store, 'a'))?.leaseLeftMs, 0)
    expectEqual((await other.claim(claimOf('a', { token: 'second' }))).status, 'taken')
  },

  'claim that must find an entry creates none': async ({ store }) => {
    expectEqual(await store.claim(claimOf('a', { mustExist: true })), { status: 'missing' })
    expectEqual(await entriesOf(store), [])
    await store.claim(claimOf('a', { leaseMs: 0 }))
    expectEqual((await store.claim(claimOf('a', { mustExist: true }))).status, 'taken')
  },

  'claim of a settled entry gives it and takes no lease, unless it says so': async ({ store, other }) => {
    await settle(store, 'a', 2_000)
    const read = await other.claim(claimOf('a', { token: 'second' }))
    expectEqual(read.status, 'settled')
    if ('entry' in read) {
      expectEqual(read.entry.value, 'changed a')
      expectEqual(read.entry.leaseLeftMs, 0)
    }
    expectEqual(await other.renew({ id: 'a', token: 'second', leaseMs: longMs }), false)
    const taken = await other.claim(claimOf('a', { token: 'third', takeSettled: true }))
    expectEqual(taken.status, 'taken')
    if ('entry' in taken) expectEqual(taken.entry.state, 'settled')
    expectEqual((await store.claim(claimOf('a', { token: 'fourth', takeSettled: true }))).status, 'held')
    expectEqual((await entryOf(store, 'a'))?.state, 'settled')
    expectTrue(await other.record(recordOf('a', { token: 'third', value: 'open again' })), 'it can be opened')
    expectEqual((await entryOf(store, 'a'))?.state, 'open')
  },

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

  'claims at once for one entry: one creates it, all others are held off': async ({ store, other }) => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).claim(claimOf('a', { token: `t-${index}`, value: `v-${index}` })),
      ),
    )
    const statuses = claims.map(({ status }) => status)
    expectEqual(statuses.filter((status) => status === 'created').length, 1)
    expectEqual(statuses.filter((status) => status === 'held').length, 19)
    const winner = statuses.indexOf('created')
    expectEqual((await entryOf(store, 'a'))?.value, `v-${winner}`)
  },

  'claims at once for an entry whose lease ran out: one takes it': async ({ store, other, passMs }) => {
    await store.claim(claimOf('a', { leaseMs }))
    await passMs(leaseMs + 50)
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).claim(claimOf('a', { token: `t-${index}` })),
      ),
    )
    expectEqual(claims.filter(({ status }) => status === 'taken').length, 1)
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
  return Object.entries(rules).map(([name, rule]) => ({
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
