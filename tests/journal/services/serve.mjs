// Starts PostgreSQL and Redis for all that a build server runs, prints where they are, and ends them when it is ended itself.
import { findPostgres, startPostgres } from './postgres.mjs'
import { findRedis, startRedis } from './redis.mjs'

const [postgres, redis] = [await findPostgres(), await findRedis()]
if (postgres === undefined || redis === undefined)
  throw new Error(`missing: ${postgres === undefined ? 'PostgreSQL' : 'Redis'}`)
const services = await Promise.all([startPostgres(postgres), startRedis(redis)])
const [{ url: postgresUrl }, { url: redisUrl }] = services
process.stdout.write(`export POSTGRES_URL=${postgresUrl} REDIS_URL=${redisUrl}\n`)
await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve)
})
await Promise.all(services.map(({ stop }) => stop()))
