import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWhole } from '../whole.js'
import { startCommitServer, type CommitServer } from './commit-server.js'
import { lookForPostgres, lookForRedis, type Service } from './services/services.js'
import { libraries } from './stores/sqlite-databases.js'

/** How often a worker over SQLite is killed: a few times here, a thousand times in `npm run test:crash`; a fifth over servers. */
const kills = Number(process.env['CRASH_KILLS'] ?? (isWhole ? 12 : 4))
const isLong = isWhole || process.env['CRASH_KILLS'] !== undefined
const batchSize = 200

const root = fileURLToPath(new URL('../..', import.meta.url))
const hasSqlite = libraries.slice(0, 2).some(({ open }) => open !== undefined)

/** The stores whose workers are killed. */
const stores = [
  {
    name: 'SQLite',
    isThere: hasSqlite,
    start: async (): Promise<Service> => ({ url: `${folder}/journal.db`, stop: async () => undefined }),
    kills,
  },
  { name: 'PostgreSQL', ...(await lookForPostgres()), kills: Math.ceil(kills / 5) },
  { name: 'Redis', ...(await lookForRedis()), kills: Math.ceil(kills / 5) },
]

let folder = ''
let server: CommitServer
beforeAll(async () => {
  // Inside of the project, where the worker finds what it does not bundle.
  await mkdir(`${root}.cache`, { recursive: true })
  folder = await mkdtemp(`${root}.cache/crash-`)
  await build({
    entryPoints: [`${root}tests/journal/crash/worker.ts`],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile: `${folder}/worker.mjs`,
    external: ['libsql', 'pg', '@redis/client'],
    tsconfig: `${root}tsconfig.json`,
  })
  server = await startCommitServer()
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

/** A random number generator that can be run again. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Worker {
  readonly child: ChildProcess
  readonly ready: Promise<void>
  /** `'done'`, the signal that ended it, or what it said when it failed. */
  readonly end: Promise<string>
}

/** Workers of one journal: its store's address and name. */
type Place = readonly [address: string, name: string]

function startWorker(place: Place, batch: string, leaseMs = '300'): Worker {
  const child = spawn(process.execPath, [
    `${folder}/worker.mjs`,
    ...place,
    server.url,
    batch,
    String(batchSize),
    leaseMs,
  ])
  let output = ''
  let tell!: () => void
  const ready = new Promise<void>((resolve) => (tell = resolve))
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    if (output.includes('ready')) tell()
  })
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const end = new Promise<string>((resolve) =>
    child.on('exit', (code, signal) => {
      tell()
      resolve(
        signal === null && code === 0 && output.includes('done') ? 'done' : (signal ?? `${code}: ${output}`),
      )
    }),
  )
  return { child, ready, end }
}

for (const { name, isThere, start, kills: times } of stores)
  describe.skipIf(!isThere)(`operations over ${name}, of workers that are killed`, () => {
    let service: Service
    beforeAll(async () => void (service = await start()), 60_000)
    afterAll(() => service?.stop())
    const newPlace = (): Place => [service.url, `crash_${crypto.randomUUID().slice(0, 8)}`]

    it(
      `are executed once each, over ${times} kills`,
      async () => {
        server.executed.clear()
        const random = createRandom(times)
        server.fate = () => (random() < 0.2 ? 'lose' : 'answer')
        const place = newPlace()
        let killed = 0
        let batch = 0
        for (; killed < times; batch += 1) {
          for (;;) {
            const { child, ready, end } = startWorker(place, `batch${batch}`)
            await ready
            // A worker that is not killed takes about this long for its batch.
            const timer = setTimeout(() => child.kill('SIGKILL'), killed < times ? random() * 250 : 60_000)
            const how = await end
            clearTimeout(timer)
            if (how === 'done') break
            expect(how).toBe('SIGKILL')
            killed += 1
          }
        }
        const names = [...server.executed.keys()]
        expect(names).toHaveLength(batch * batchSize)
        expect([...server.executed].filter(([, count]) => count !== 1)).toEqual([])
      },
      60_000 + times * 5_000,
    )

    it.runIf(isLong)(
      'are executed once each when eight workers have the same ids at once',
      { timeout: 120_000 },
      async () => {
        server.executed.clear()
        const random = createRandom(8)
        server.fate = () => (random() < 0.1 ? 'lose' : 'answer')
        const place = newPlace()
        const workers = Array.from({ length: 8 }, () => startWorker(place, 'shared', '5000'))
        expect(await Promise.all(workers.map(({ end }) => end))).toEqual(workers.map(() => 'done'))
        expect(server.executed.size).toBe(batchSize)
        expect([...server.executed].filter(([, count]) => count !== 1)).toEqual([])
      },
    )
  })
