import { describe, expect, it } from 'vitest'
import type { OperationStore } from '../../src/journal/store.js'
import { memoryStore } from '../../src/journal/stores/memory-store.js'
import { storeChecks } from '../../src/testing/store-checks.js'

/** Ways to get a store wrong, each over one that is right. */
const faults: Readonly<Record<string, (store: OperationStore) => Partial<OperationStore>>> = {
  'claim gives no lease': (store) => ({ claim: (request) => store.claim({ ...request, leaseMs: 0 }) }),
  'claim takes what is settled': (store) => ({
    claim: (request) => store.claim({ ...request, takeSettled: true }),
  }),
  'claim creates what must exist': (store) => ({
    claim: (request) => store.claim({ ...request, mustExist: false }),
  }),
  'claim forgets the lane': (store) => ({ claim: (request) => store.claim({ ...request, lane: undefined }) }),
  'claim cuts the value': (store) => ({
    claim: (request) => store.claim({ ...request, value: request.value.slice(0, 255) }),
  }),
  'claim takes whatever lease there is': (store) => ({
    claim: (request) => store.claim({ ...request, token: 'one' }),
    record: (request) => store.record({ ...request, token: 'one' }),
    renew: (request) => store.renew({ ...request, token: 'one' }),
  }),
  'renew renews nothing': () => ({ renew: async () => true }),
  'record keeps the lease': (store) => ({
    record: (request) => store.record({ ...request, leaseMs: 60_000 }),
  }),
  'record gives the lease back': (store) => ({
    record: (request) => store.record({ ...request, leaseMs: 0 }),
  }),
  'record forgets the time': (store) => ({ record: (request) => store.record({ ...request, nowMs: 0 }) }),
  'record never says that the lease is lost': (store) => ({
    record: (request) => store.record(request).then(() => true),
  }),
  'list gives everything at once': (store) => ({
    list: (filter, page) => store.list(filter, { ...page, limit: 9_999 }),
  }),
  'list has no second page': (store) => ({
    list: (filter, page) => store.list(filter, page).then(({ entries }) => ({ entries, next: undefined })),
  }),
  'list begins anew': (store) => ({ list: (filter, { limit }) => store.list(filter, { limit }) }),
  'list is sorted by id': (store) => ({
    list: (filter, page) =>
      store.list(filter, page).then(({ entries, next }) => ({
        entries: entries.toSorted((one, other) => (one.id < other.id ? -1 : 1)),
        next,
      })),
  }),
  'remove does not heed the lease': (store) => ({
    async remove(request) {
      if (!('id' in request)) return store.remove(request)
      await store.renew({ id: request.id, token: `token-${request.id}`, leaseMs: 0 })
      return store.remove({ id: request.id })
    },
  }),
  'remove removes nothing': () => ({ remove: async () => 1 }),
  'remove heeds no limit': (store) => ({
    remove: (request) => store.remove('id' in request ? request : { ...request, limit: 99 }),
  }),
  'remove heeds no time': (store) => ({
    remove: (request) => store.remove('id' in request ? request : { ...request, settledBeforeMs: Infinity }),
  }),
}

describe('storeChecks', () => {
  it.each(Object.entries(faults))('catch a store where %s', async (_, breakStore) => {
    const failed: string[] = []
    for (const { name, run } of storeChecks())
      await run(async () => {
        let nowMs = 1_000_000
        const right = memoryStore({ now: () => nowMs })
        const store = { ...right, ...breakStore(right) }
        return { store, other: store, passMs: async (ms) => void (nowMs += ms), close: async () => undefined }
      }).catch(() => failed.push(name))
    expect(failed).not.toEqual([])
  })
})
