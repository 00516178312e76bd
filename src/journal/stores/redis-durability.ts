import type { RedisCommands } from './redis-client.js'

/** What a server has to promise: each record on disk before it is acknowledged, within a second or so, or nothing. */
export type RedisDurability = 'always' | 'everysec' | 'none'

const consequence = 'and their operations may be sent again under other keys'

/** What a setting means for what was recorded, `undefined` when nothing is lost that must not be. */
export function findLoss(
  settings: ReadonlyMap<string, string> | undefined,
  durability: RedisDurability,
): string | undefined {
  if (durability === 'none') return undefined
  const file = settings?.get('appendonly')
  if (settings === undefined || file === undefined)
    return `the server does not tell its settings (CONFIG GET is refused), so whether records survive is not known. Look at its append-only file and its eviction policy yourself`
  if (file !== 'yes')
    return `appendonly is ${file}. When Redis restarts, all records since the last snapshot are lost, ${consequence}. Set appendonly yes and appendfsync always`
  const policy = settings.get('maxmemory-policy') ?? 'noeviction'
  if (policy !== 'noeviction' && settings.get('maxmemory') !== '0')
    return `maxmemory-policy is ${policy}. When memory is short, Redis removes records, ${consequence}. Set maxmemory-policy noeviction`
  const sync = settings.get('appendfsync')
  if (sync === 'always' || (sync === 'everysec' && durability === 'everysec')) return undefined
  const span = sync === 'everysec' ? 'second or two' : 'half minute'
  return `appendfsync is ${sync}. When the machine of Redis fails, the records of the last ${span} are lost, ${consequence}. Set appendfsync always`
}

/** @throws `TypeError` that says what is lost, and when, if the server promises less than `durability`. */
export async function checkDurability(commands: RedisCommands, durability: RedisDurability): Promise<void> {
  if (durability === 'none') return
  const append = await commands.readSettings('append*')
  const memory = append && (await commands.readSettings('maxmemory*'))
  const loss = findLoss(append && new Map([...append, ...(memory ?? [])]), durability)
  if (loss === undefined) return
  const accept = loss.includes('appendfsync is everysec') ? 'everysec' : 'none'
  throw new TypeError(`redisStore: ${loss}, or accept this with durability: '${accept}'`)
}
