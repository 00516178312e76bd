import { createClient } from '@redis/client'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLoss } from '../../../src/journal/stores/redis-durability.js'
import {
  redisStore,
  type IoRedisClient,
  type NodeRedisClient,
  type RedisStoreOptions,
} from '../../../src/journal/stores/redis-store.js'
import { storeChecks } from '../../../src/testing/store-checks.js'
import { findRedis, startRedis } from '../services/redis.mjs'
import { lookForRedis, type Service } from '../services/services.js'

const claimOf = (id: string) => ({ id, lane: undefined, token: 't', leaseMs: 60_000, value: 'v', nowMs: 1 })
const passMs = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** A server may have the keys of earlier runs. */
const run = crypto.randomUUID().slice(0, 8)
let prefixes = 0
/** No two tests share their keys. */
const newPrefix = () => `journal-${run}-${(prefixes += 1)}`

const server = await lookForRedis()

describe.skipIf(!server.isThere)('redisStore over a server', { timeout: 60_000 }, () => {
  let service: Service
  let nodeRedis: ReturnType<typeof createClient>
  let ioRedis: Redis
  beforeAll(async () => {
    service = await server.start()
    nodeRedis = createClient({ url: service.url })
    await nodeRedis.connect()
    ioRedis = new Redis(service.url)
  }, 60_000)
  afterAll(async () => {
    await nodeRedis?.close()
    ioRedis?.disconnect()
    await service?.stop()
  })

  describe.each<[string, () => NodeRedisClient | IoRedisClient]>([
    ['node-redis', () => nodeRedis],
    ['ioredis', () => ioRedis],
  ])('with %s', (_, open) => {
    for (const { name, run } of storeChecks())
      it(name, () =>
        run(async () => {
          const prefix = newPrefix()
          return {
            store: redisStore(open(), { prefix }),
            other: redisStore(nodeRedis, { prefix }),
            passMs,
            close: async () => undefined,
          }
        }),
      )

    it('lists what comes after entries that the server has evicted', async () => {
      const prefix = newPrefix()
      const store = redisStore(open(), { prefix })
      for (const id of ['a', 'b', 'c', 'd', 'e']) await store.claim(claimOf(id))
      for (const id of ['a', 'b', 'd']) await ioRedis.del(`{${prefix}}:entry:${id}`)
      const first = await store.list({ state: 'open' }, { limit: 1 })
      expect(first.entries.map(({ id }) => id)).toEqual(['c'])
      const second = await store.list({ state: 'open' }, { limit: 1, after: first.next })
      expect(second).toMatchObject({ entries: [{ id: 'e' }], next: undefined })
    })

    it('leaves nothing behind of what it removes', async () => {
      const prefix = newPrefix()
      const store = redisStore(open(), { prefix })
      await store.claim({ ...claimOf('a'), lane: 'lane-1' })
      await store.claim(claimOf('b'))
      for (const id of ['a', 'b'])
        await store.record({ id, token: 't', leaseMs: 0, state: 'settled', value: 'v', nowMs: 1 })
      await store.remove({ id: 'a' })
      await store.remove({ settledBeforeMs: 2, limit: 9 })
      const keys = await ioRedis.keys(`*${prefix}*`)
      expect(keys.toSorted()).toEqual([`{${prefix}}:seq`, `{${prefix}}:version`])
    })

    it('refuses keys of another version', async () => {
      const prefix = newPrefix()
      await ioRedis.set(`{${prefix}}:version`, '99')
      await expect(redisStore(open(), { prefix }).claim(claimOf('a'))).rejects.toThrow(/version 99/)
    })

    it('takes a lease that began in the future for one that is over', async () => {
      const prefix = newPrefix()
      const store = redisStore(open(), { prefix })
      await store.claim(claimOf('a'))
      await ioRedis.hset(`{${prefix}}:entry:a`, 'leased', Date.now() + 3_600_000)
      expect(await store.claim({ ...claimOf('a'), token: 'second' })).toMatchObject({ status: 'taken' })
    })
  })

  it('works with a prefix of ioredis itself', async () => {
    const client = new Redis(service.url, { keyPrefix: 'app:' })
    const prefix = newPrefix()
    expect(await redisStore(client, { prefix }).claim(claimOf('a'))).toEqual({ status: 'created' })
    expect(await ioRedis.exists(`app:{${prefix}}:entry:a`)).toBe(1)
    client.disconnect()
  })
})

describe.skipIf(!server.isThere)('redisStore, at its first call', { timeout: 60_000 }, () => {
  /** A server of its own: settings are those of a whole server. */
  async function withServer(
    settings: Readonly<Record<string, string | readonly string[]>>,
    act: (clients: readonly (NodeRedisClient | IoRedisClient)[]) => Promise<void>,
  ) {
    const { url, stop } = await startRedis((await findRedis()) ?? '', settings)
    const nodeRedis = createClient({ url })
    await nodeRedis.connect()
    const ioRedis = new Redis(url)
    try {
      await act([nodeRedis, ioRedis])
    } finally {
      await nodeRedis.close()
      ioRedis.disconnect()
      await stop()
    }
  }
  const first = (client: NodeRedisClient | IoRedisClient, options: RedisStoreOptions = {}) =>
    redisStore(client, { prefix: newPrefix(), ...options })
      .claim(claimOf('a'))
      .then(
        ({ status }) => status,
        (error: Error) => error.message,
      )

  it('refuses a server without an append-only file, and says what would be lost', () =>
    withServer({ appendonly: 'no' }, async (clients) => {
      for (const client of clients) {
        expect(await first(client)).toMatch(/appendonly is no.*since the last snapshot.*durability: 'none'/)
        expect(await first(client, { durability: 'everysec' })).toMatch(/appendonly is no/)
        expect(await first(client, { durability: 'none' })).toBe('created')
      }
    }))

  it('refuses one that syncs each second, unless told that this is enough', () =>
    withServer({ appendonly: 'yes', appendfsync: 'everysec' }, async (clients) => {
      for (const client of clients) {
        expect(await first(client)).toMatch(/everysec.*last second or two.*durability: 'everysec'/)
        expect(await first(client, { durability: 'everysec' })).toBe('created')
      }
    }))

  it('refuses one that evicts', () =>
    withServer(
      { appendonly: 'yes', appendfsync: 'always', maxmemory: '50mb', 'maxmemory-policy': 'allkeys-lru' },
      async (clients) => {
        for (const client of clients) expect(await first(client)).toMatch(/allkeys-lru.*removes records/)
      },
    ))

  it('refuses one that does not tell, unless it need not', () =>
    withServer(
      { appendonly: 'yes', appendfsync: 'always', 'rename-command': ['CONFIG', ''] },
      async (clients) => {
        for (const client of clients) {
          expect(await first(client)).toMatch(/does not tell/)
          expect(await first(client, { durability: 'none' })).toBe('created')
        }
      },
    ))
})

describe('findLoss', () => {
  const safe = { appendonly: 'yes', appendfsync: 'always', maxmemory: '0', 'maxmemory-policy': 'noeviction' }
  it.each([
    ['always', {}, undefined],
    ['always', { appendfsync: 'everysec' }, /second or two/],
    ['always', { appendfsync: 'no' }, /half minute/],
    ['everysec', { appendfsync: 'everysec' }, undefined],
    ['everysec', { appendfsync: 'no' }, /half minute/],
    ['everysec', { appendonly: 'no' }, /last snapshot/],
    ['always', { 'maxmemory-policy': 'allkeys-lru' }, undefined],
    ['always', { 'maxmemory-policy': 'allkeys-lru', maxmemory: '100' }, /removes records/],
    ['none', { appendonly: 'no' }, undefined],
  ] as const)('with %s and %o', (durability, settings, message) => {
    const loss = findLoss(new Map(Object.entries({ ...safe, ...settings })), durability)
    if (message === undefined) expect(loss).toBeUndefined()
    else expect(loss).toMatch(message)
  })

  it('knows nothing of a server that does not tell', () => {
    expect(findLoss(undefined, 'everysec')).toMatch(/does not tell/)
    expect(findLoss(new Map(), 'always')).toMatch(/does not tell/)
    expect(findLoss(undefined, 'none')).toBeUndefined()
  })
})

describe('redisStore', () => {
  const client = { eval: async () => '1', evalSha: async () => '1' }

  it.each<[unknown, object, RegExp]>([
    [{}, {}, /client of node-redis/],
    [null, {}, /client of node-redis/],
    ['redis://127.0.0.1', {}, /client of node-redis/],
    [client, { prefix: 'a{b}' }, /without braces/],
    [client, { prefix: '' }, /1 to 100/],
    [client, { durability: 'maybe' }, /one of always, everysec, none/],
    [client, { prefx: 'a' }, /no option "prefx"/],
  ])('refuses %o with %o', (source, options, message) => {
    expect(() => redisStore(source as NodeRedisClient, options)).toThrow(message)
  })

  it('does not take a lost connection for a server that does not tell, and tries again', async () => {
    let isAway = true
    const away: NodeRedisClient = {
      ...client,
      configGet: async () => {
        if (isAway) throw new Error('Socket closed unexpectedly')
        return { appendonly: 'yes', appendfsync: 'always' }
      },
      eval: async (script) => (script.includes('INCR') ? ['created'] : '1'),
    }
    const store = redisStore(away)
    await expect(store.claim(claimOf('a'))).rejects.toThrow('Socket closed')
    isAway = false
    expect(await store.claim(claimOf('a'))).toEqual({ status: 'created' })
  })

  it('asks a cluster of node-redis, which has no way to ask for settings, to be told', async () => {
    await expect(redisStore(client).claim(claimOf('a'))).rejects.toThrow(/does not tell/)
  })
})
