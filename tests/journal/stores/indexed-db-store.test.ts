import 'fake-indexeddb/auto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { indexedDbStore, type IndexedDbStoreOptions } from '../../../src/journal/stores/indexed-db-store.js'
import { lockLeases } from '../../../src/journal/stores/indexed-db-leases.js'
import { storeChecks } from '../../../src/testing/store-checks.js'
import { createFakeLocks } from './fake-locks.js'

afterEach(() => vi.restoreAllMocks())

const claimOf = (id: string, token = 't') => ({
  id,
  lane: undefined,
  token,
  leaseMs: 60_000,
  value: 'v',
  nowMs: 1,
})

let databases = 0
/** No two tests share a database. */
const newName = () => `journal-${(databases += 1)}`

function clockAt(startMs: number) {
  let nowMs = startMs
  return { now: () => nowMs, sleep: async () => undefined, pass: (ms: number) => void (nowMs += ms) }
}

describe('indexedDbStore, with leases by the clock', () => {
  for (const { name, run } of storeChecks())
    it(name, () =>
      run(async () => {
        const clock = clockAt(1_000_000)
        const options = { name: newName(), locks: null, clock }
        const [store, other] = [indexedDbStore(options), indexedDbStore(options)]
        return {
          store,
          other,
          passMs: async (ms) => clock.pass(ms),
          close: async () => void (await Promise.all([store.close?.(), other.close?.()])),
        }
      }),
    )

  it('takes a lease that began in the future for one that is over', async () => {
    const clock = clockAt(1_000_000)
    const store = indexedDbStore({ name: newName(), locks: null, clock })
    await store.claim(claimOf('a'))
    clock.pass(-500_000)
    expect(await store.claim(claimOf('a', 'second'))).toMatchObject({ status: 'taken' })
  })
})

describe('indexedDbStore, with leases by locks', () => {
  for (const { name, run } of storeChecks())
    it(name, () =>
      run(async () => {
        const locks = createFakeLocks()
        const database = newName()
        const open = () => indexedDbStore({ name: database, locks: locks.page() })
        const [store, other] = [open(), open()]
        return {
          store,
          other,
          // No time makes a lease run out: its page has to be gone.
          async passMs() {
            locks.stealAll()
            await new Promise((resolve) => setTimeout(resolve))
          },
          close: async () => void (await Promise.all([store.close?.(), other.close?.()])),
        }
      }),
    )

  function openTabs(options: IndexedDbStoreOptions = {}) {
    const locks = createFakeLocks()
    const name = newName()
    return Array.from({ length: 3 }, () => {
      const page = locks.page()
      return { page, store: indexedDbStore({ name, locks: page, ...options }) }
    }) as [Tab, Tab, Tab]
  }
  type Tab = {
    readonly page: ReturnType<ReturnType<typeof createFakeLocks>['page']>
    readonly store: ReturnType<typeof indexedDbStore>
  }

  it('trusts no clock: a page that lives keeps its lease', async () => {
    const clock = clockAt(1_000_000)
    const [one, two] = openTabs({ clock })
    await one.store.claim(claimOf('a'))
    clock.pass(10 * 60_000)
    const claim = await two.store.claim(claimOf('a', 'second'))
    expect(claim.status).toBe('held')
    expect('entry' in claim && claim.entry.leaseLeftMs).toBeGreaterThan(0)
    expect((await two.store.list({ state: 'open' }, { limit: 9 })).entries[0]?.leaseLeftMs).toBeGreaterThan(0)
  })

  it('gives what a page had that is gone to the next one, at once', async () => {
    const [one, two] = openTabs()
    await one.store.claim(claimOf('a'))
    one.page.crash()
    expect((await two.store.list({ state: 'open' }, { limit: 9 })).entries[0]?.leaseLeftMs).toBe(0)
    expect((await two.store.claim(claimOf('a', 'second'))).status).toBe('taken')
    expect(await one.store.record({ ...claimOf('a'), state: 'open' })).toBe(false)
  })

  it('gives it to one page only when two look at the same time', async () => {
    const [one, two, three] = openTabs()
    for (let round = 0; round < 20; round += 1) {
      await one.store.claim(claimOf(`id-${round}`))
      one.page.crash()
      const claims = await Promise.all(
        [two, three].map(({ store }, index) => store.claim(claimOf(`id-${round}`, `t-${round}-${index}`))),
      )
      expect(claims.map(({ status }) => status).toSorted()).toEqual(['held', 'taken'])
    }
  })

  it('holds no lock for what it did not get', async () => {
    const [one, two] = openTabs()
    const names = async () => ((await one.page.query()).held ?? []).map(({ name }) => name?.split(' ').at(-1))
    await one.store.claim(claimOf('a'))
    await two.store.claim(claimOf('a', 'second'))
    await two.store.claim({ ...claimOf('b', 'third'), leaseMs: 0 })
    await two.store.claim({ ...claimOf('c', 'fourth'), mustExist: true })
    expect(await names()).toEqual(['t'])
    await one.store.record({ ...claimOf('a'), state: 'settled', leaseMs: 0 })
    await two.store.claim(claimOf('a', 'fifth'))
    expect(await names()).toEqual([])
    await two.store.claim(claimOf('d', 'sixth'))
    await two.store.remove({ id: 'd', token: 'sixth' })
    expect(await names()).toEqual([])
    await two.store.claim(claimOf('e', 'seventh'))
    await two.store.close?.()
    await new Promise((resolve) => setTimeout(resolve))
    expect(await names()).toEqual([])
  })

  it('removes old entries that a page has left behind', async () => {
    const [one, two] = openTabs()
    for (const id of ['a', 'b']) {
      await one.store.claim(claimOf(id, id))
      await one.store.record({ ...claimOf(id, id), state: 'settled', leaseMs: 0 })
      await one.store.claim({ ...claimOf(id, `${id} again`), takeSettled: true })
    }
    expect(await two.store.remove({ settledBeforeMs: 9, limit: 9 })).toBe(0)
    one.page.crash()
    expect(await two.store.remove({ settledBeforeMs: 9, limit: 9 })).toBe(2)
  })

  it('tells when the browser refuses locks, and writes nothing', async () => {
    const [one, two] = openTabs()
    const refusing = {
      ...one.page,
      request: (async () =>
        Promise.reject(new DOMException('no', 'SecurityError'))) as LockManager['request'],
    }
    const name = newName()
    const store = indexedDbStore({ name, locks: refusing })
    await expect(store.claim(claimOf('a'))).rejects.toThrow('no')
    expect(await two.store.list({ state: 'open' }, { limit: 9 })).toEqual({ entries: [], next: undefined })
  })
})

describe('lockLeases', () => {
  it('lets pages that look at the same time see that nobody has the lock', async () => {
    const locks = createFakeLocks()
    const keepers = Array.from({ length: 4 }, () => lockLeases(locks.page(), 'scope'))
    const lease = { token: 't', leased: 0, lease: 1 }
    expect(await Promise.all(keepers.map(({ isGone }) => isGone(lease)))).toEqual([true, true, true, true])
    await keepers[0]?.hold('t')
    expect(await Promise.all(keepers.map(({ isGone }) => isGone(lease)))).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
})

describe('indexedDbStore', () => {
  const open = (name = newName()) => indexedDbStore({ name, locks: null })

  it('writes with strict durability, and what is asked for at once in one transaction', async () => {
    const store = open()
    await store.claim(claimOf('before'))
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction')
    await Promise.all(Array.from({ length: 64 }, (_, index) => store.claim(claimOf(`id-${index}`))))
    expect(transaction.mock.calls).toEqual([['entries', 'readwrite', { durability: 'strict' }]])
  })

  /** Has the next transaction add entries in another way. */
  function changeNextAdd(
    change: (add: IDBObjectStore['add'], transaction: IDBTransaction) => IDBObjectStore['add'],
  ) {
    const original = IDBDatabase.prototype.transaction
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(function (
      this: IDBDatabase,
      ...args
    ) {
      const transaction = original.apply(this, args)
      const entries = transaction.objectStore('entries')
      vi.spyOn(transaction, 'objectStore').mockReturnValue(entries)
      const add = change(entries.add.bind(entries), transaction)
      vi.spyOn(entries, 'add').mockImplementation(add)
      return transaction
    })
  }
  const idsOf = async (store: ReturnType<typeof open>) =>
    (await store.list({ state: 'open' }, { limit: 9 })).entries.map(({ id }) => id)

  it('resolves only when the transaction is complete', async () => {
    const store = open()
    await store.claim(claimOf('before'))
    changeNextAdd((add, transaction) => (value) => {
      const request = add(value)
      // All that was asked for has been done, and then the disk is full.
      request.addEventListener('success', () => transaction.abort())
      return request
    })
    await expect(store.claim(claimOf('a'))).rejects.toThrow()
    expect(await idsOf(store)).toEqual(['before'])
    expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
  })

  it('rejects all calls of a transaction of which one fails, and writes none of them', async () => {
    const store = open()
    await store.claim(claimOf('before'))
    let count = 0
    changeNextAdd((add) => (value) => {
      count += 1
      if (count === 2) throw new DOMException('no', 'DataError')
      return add(value)
    })
    const claims = await Promise.allSettled([store.claim(claimOf('a')), store.claim(claimOf('b'))])
    expect(claims.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await idsOf(store)).toEqual(['before'])
  })

  it('does not remove an old entry that somebody has taken since it was looked for', async () => {
    const name = newName()
    const [store, other] = [open(name), open(name)]
    await store.claim(claimOf('a'))
    await store.record({ ...claimOf('a'), state: 'settled', leaseMs: 0 })
    await other.list({ state: 'open' }, { limit: 1 })
    const [removed, claim] = await Promise.all([
      store.remove({ settledBeforeMs: 9, limit: 9 }),
      other.claim({ ...claimOf('a', 'second'), takeSettled: true }),
    ])
    expect([removed, claim.status]).toEqual([0, 'taken'])
  })

  it('lets others delete the database, and opens it again', async () => {
    const name = newName()
    const store = open(name)
    await store.claim(claimOf('a'))
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name)
      request.addEventListener('success', resolve)
      request.addEventListener('error', reject)
    })
    expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
  })

  it('opens the database again after the browser has closed it', async () => {
    const store = open()
    await store.claim(claimOf('a'))
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
      throw new DOMException('closing', 'InvalidStateError')
    })
    expect((await store.claim(claimOf('a', 'second'))).status).toBe('held')
  })

  it('refuses a database of another version', async () => {
    const name = newName()
    await new Promise((resolve) => {
      const request = indexedDB.open(name, 7)
      request.addEventListener('success', () => (request.result.close(), resolve(undefined)))
    })
    await expect(open(name).claim(claimOf('a'))).rejects.toThrow(/another version/)
  })

  it('says so where there is no IndexedDB', () => {
    vi.stubGlobal('indexedDB', undefined)
    expect(() => indexedDbStore()).toThrow(/no IndexedDB/)
    vi.unstubAllGlobals()
  })

  it.each<[object, RegExp]>([
    [{ name: 7 }, /name must be a string/],
    [{ locks: {} }, /lock manager/],
    [{ nam: 'a' }, /no option "nam"/],
  ])('refuses %o', (options, message) => {
    expect(() => indexedDbStore(options as IndexedDbStoreOptions)).toThrow(message)
  })
})
