import { checkOptions } from '../../errors/check-option.js'
import type { Claim, EntryPage, OperationStore, StoredEntry } from '../store.js'
import { openRedis, type IoRedisClient, type NodeRedisClient } from './redis-client.js'
import { checkDurability, type RedisDurability } from './redis-durability.js'
import { scripts, version } from './redis-scripts.js'

export type { IoRedisClient, NodeRedisClient, RedisDurability }

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /** What the names of all keys begin with, in braces: those of one journal lie on one node of a cluster. @defaultValue `'fetch-idempotency'` */
  readonly prefix?: string | undefined
  /**
   * What the server has to promise, which is looked at when the store is first used:
   *
   * - `'always'`: each record is on disk before it is acknowledged (`appendonly yes`, `appendfsync always`), and none is evicted.
   * - `'everysec'`: when the machine fails, the records of the last second or two may be lost. Their operations may then be sent
   *   again under other keys, unless the journal has a `secret` or they are steps of a run: those keys follow from names.
   * - `'none'`: nothing, and nothing is looked at. For servers that do not tell their settings.
   *
   * A failover to a replica may lose what was not replicated yet, whatever the setting.
   *
   * @defaultValue `'always'`
   */
  readonly durability?: RedisDurability | undefined
}

/** An entry as the scripts give it. */
type Row = readonly [
  id: string,
  seq: string,
  lane: string,
  state: string,
  value: string,
  created: string,
  updated: string,
  left: number | string,
]

function show([id, , lane, state, value, created, updated, left]: Row): StoredEntry {
  return {
    id,
    lane: lane === '' ? undefined : lane.slice(1),
    state: state as StoredEntry['state'],
    value,
    createdMs: Number(created),
    updatedMs: Number(updated),
    leaseLeftMs: Number(left),
  }
}

/** A lane that is empty is another one than none. */
const writeLane = (lane: string | undefined) => (lane === undefined ? '' : `=${lane}`)

/**
 * A store in Redis (5 or newer) or Valkey, for workers of any number of machines. Each call is one script; leases are measured by
 * the clock of the server.
 *
 * Takes a connected client of node-redis (4 or newer) or a client of ioredis, which you may use for other things as well.
 *
 * @throws `TypeError` or `RangeError` for what cannot work. What the client throws comes out of the calls, as does a `TypeError`
 * when the server does not promise what `durability` asks for: it says what would be lost.
 *
 * @example
 * ```ts no-run
 * import { createClient } from '@redis/client'
 * import { createJournal } from 'fetch-idempotency/journal'
 * import { redisStore } from 'fetch-idempotency/journal/redis'
 *
 * const client = await createClient().connect()
 * const journal = createJournal({ store: redisStore(client) })
 * ```
 */
export function redisStore(
  client: NodeRedisClient | IoRedisClient,
  options: RedisStoreOptions = {},
): OperationStore {
  checkOptions('redisStore', options, { prefix: 'string', durability: ['always', 'everysec', 'none'] })
  const { prefix = 'fetch-idempotency', durability = 'always' } = options
  if (!/^[^{}\s]{1,100}$/.test(prefix))
    throw new RangeError('redisStore.prefix must be 1 to 100 characters, without braces and spaces')
  const commands = openRedis(client)
  const base = `{${prefix}}:`
  let ready: Promise<void> | undefined

  const setUp = async () => {
    await checkDurability(commands, durability)
    const found = await commands.run(scripts.setUp, base, [])
    if (found !== version)
      throw new TypeError(
        `redisStore: the keys of ${prefix} are of version ${String(found)}; this package reads version ${version}`,
      )
  }
  const run = async (
    script: Exclude<keyof typeof scripts, 'setUp'>,
    ...values: readonly (string | number)[]
  ): Promise<unknown> => {
    ready ??= setUp()
    try {
      await ready
    } catch (error) {
      // The next call tries again.
      ready = undefined
      throw error
    }
    return commands.run(scripts[script], base, values.map(String))
  }

  return {
    async claim({ id, lane, token, leaseMs, value, nowMs, takeSettled, mustExist }) {
      const flags = [takeSettled ? 1 : 0, mustExist ? 1 : 0]
      const claimed = await run('claim', id, token, leaseMs, value, nowMs, writeLane(lane), ...flags)
      const [status, row] = claimed as [Claim['status'], Row?]
      return (row === undefined ? { status } : { status, entry: show(row) }) as Claim
    },
    renew: async ({ id, token, leaseMs }) => Number(await run('renew', id, token, leaseMs)) === 1,
    record: async ({ id, token, state, value, nowMs, leaseMs }) =>
      Number(await run('record', id, token, leaseMs, state, value, nowMs)) === 1,
    async list(filter, { after = '0', limit }): Promise<EntryPage> {
      const set = 'lane' in filter ? `lane:${writeLane(filter.lane)}` : filter.state
      const rows = (await run('list', set, after, limit + 1)) as Row[]
      const page = rows.slice(0, limit)
      return { entries: page.map(show), next: rows.length > limit ? page.at(-1)?.[1] : undefined }
    },
    async remove(request) {
      const removed =
        'id' in request
          ? await run('removeOne', request.id, request.token ?? '')
          : await run('removeOld', request.settledBeforeMs, request.limit)
      return Number(removed)
    },
  }
}
