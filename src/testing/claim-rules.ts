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

/** What a claim does, and what many claims at once do. */
export const claimRules: StoreRules = {
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
}
