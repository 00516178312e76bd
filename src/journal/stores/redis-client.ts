/** A client or a cluster of node-redis (`redis` or `@redis/client`, 4 or newer), connected. */
export interface NodeRedisClient {
  /** Runs a script by its text. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  /** Runs a script by its digest. */
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  /** Reads settings of the server. */
  configGet?(parameter: string): Promise<unknown>
}

/** A client or a cluster of ioredis. */
export interface IoRedisClient {
  /** Runs a script by its text. */
  eval(script: string, numberOfKeys: number, ...values: string[]): Promise<unknown>
  /** Runs a script by its digest. */
  evalsha(sha: string, numberOfKeys: number, ...values: string[]): Promise<unknown>
  /** Reads settings of the server. */
  config(subcommand: 'GET', parameter: string): Promise<unknown>
}

/** What a store does with a client. */
export interface RedisCommands {
  /** Runs a script with one key. */
  readonly run: (script: string, key: string, values: readonly string[]) => Promise<unknown>
  /** The settings whose names a pattern matches, `undefined` where the server does not tell them. */
  readonly readSettings: (pattern: string) => Promise<ReadonlyMap<string, string> | undefined>
}

/** @throws `TypeError` for what is no client. */
export function openRedis(client: NodeRedisClient | IoRedisClient): RedisCommands {
  const { evalSha, evalsha } = (client ?? {}) as Partial<NodeRedisClient & IoRedisClient>
  if (typeof evalSha === 'function') {
    const own = client as NodeRedisClient
    return {
      run: (script, key, values) => own.eval(script, { keys: [key], arguments: [...values] }),
      readSettings: (pattern) => askSettings(async () => own.configGet?.(pattern)),
    }
  }
  if (typeof evalsha === 'function') {
    const own = client as IoRedisClient
    return {
      run: (script, key, values) => own.eval(script, 1, key, ...values),
      readSettings: (pattern) => askSettings(() => own.config('GET', pattern)),
    }
  }
  throw new TypeError('redisStore: give a client of node-redis (4 or newer) or of ioredis')
}

/** Managed servers often refuse `CONFIG`; every other failure is none of the setting's. */
const refused = /unknown (?:sub)?command|NOPERM|no permission|not allowed|disabled|unsupported/i

async function askSettings(ask: () => Promise<unknown>): Promise<ReadonlyMap<string, string> | undefined> {
  let found: unknown
  try {
    found = await ask()
  } catch (error) {
    if (refused.test((error as Error).message)) return undefined
    throw error
  }
  if (typeof found !== 'object' || found === null) return undefined
  if (typeof (found as Partial<Map<string, string>>).entries === 'function' && !Array.isArray(found))
    return found as Map<string, string>
  if (!Array.isArray(found)) return new Map(Object.entries(found as Record<string, string>))
  // RESP 2 gives names and values in turn.
  const pairs = found as string[]
  return new Map(pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1] ?? '']] : [])))
}
