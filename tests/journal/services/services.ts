import { findPostgres, startPostgres } from './postgres.mjs'
import { findRedis, startRedis } from './redis.mjs'

/** A database server for a test file. */
export interface Service {
  readonly url: string
  /** Ends it, if this test file has started it. */
  stop(): Promise<void>
}

/** A server that may be there: one that runs already, or a program that can be started. */
export interface AvailableService {
  readonly isThere: boolean
  start(): Promise<Service>
}

/**
 * Looks for a server. Where there is none, the tests that need it are skipped, and say so; on a build server, where
 * `.ci/run` has installed it, they fail.
 */
async function look(
  name: string,
  variable: string,
  find: () => Promise<string | undefined>,
  begin: (program: string) => Promise<Service>,
): Promise<AvailableService> {
  const url = process.env[variable]
  if (url !== undefined) return { isThere: true, start: async () => ({ url, stop: async () => undefined }) }
  const program = await find()
  if (program !== undefined) return { isThere: true, start: () => begin(program) }
  const missing = `no ${name} here: install it, or set ${variable}`
  if (process.env['CI'] !== undefined) throw new Error(missing)
  process.stderr.write(`skipped: ${missing}\n`)
  return { isThere: false, start: () => Promise.reject(new Error(missing)) }
}

export const lookForPostgres = () => look('PostgreSQL', 'POSTGRES_URL', findPostgres, startPostgres)
export const lookForRedis = () => look('Redis', 'REDIS_URL', findRedis, (program) => startRedis(program))
