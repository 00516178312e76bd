import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startCommitServer, type CommitServer } from '../../journal/commit-server.js'
import { lookForPostgres, lookForRedis } from '../../journal/services/services.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = `${root}examples/jobs`

/** Puts the build where an installed package would stand. */
async function layPackage(): Promise<void> {
  const place = `${folder}/node_modules/fetch-idempotency`
  await rm(place, { recursive: true, force: true })
  await mkdir(place, { recursive: true })
  await cp(`${root}package.json`, `${place}/package.json`)
  await cp(`${root}dist`, `${place}/dist`, { recursive: true })
}
beforeAll(layPackage)

let server: CommitServer
beforeEach(async () => void (server = await startCommitServer()))
afterEach(() => server.close())

const [redis, postgres] = [await lookForRedis(), await lookForPostgres()]

type Environment = Readonly<Record<string, string>>

function start(program: string, environment: Environment, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [`${folder}/${program}`, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment, API_URL: server.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

/** What a program prints last, once it has ended. */
async function outputOf(child: ChildProcess): Promise<unknown> {
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  expect(code).toBe(0)
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')
}

/** Kills the worker at some requests, after they were executed, and starts the next one. Ends the last one with `stop`. */
function keepRunning(program: string, environment: Environment, isDeadly: (request: number) => boolean) {
  let kills = 0
  let isStopping = false
  let worker = start(program, environment)
  const again = (_: unknown, signal: string | null) => {
    if (isStopping || signal !== 'SIGKILL') return
    worker = start(program, environment)
    worker.on('exit', again)
  }
  worker.on('exit', again)
  server.fate = () => {
    const request = server.requests.length + 1
    if (isDeadly(request)) {
      kills += 1
      worker.kill('SIGKILL')
      return 'lose'
    }
    return request % 7 === 0 ? 'lose' : 'answer'
  }
  return {
    kills: () => kills,
    async stop() {
      isStopping = true
      const ended = once(worker, 'exit')
      worker.kill('SIGTERM')
      await ended
    },
  }
}

describe.skipIf(!redis.isThere)('examples/jobs/bullmq-worker.mjs', () => {
  it('charges and ships each order once, though the worker is killed half-way again and again', async () => {
    const service = await redis.start()
    const environment = { REDIS_URL: service.url }
    const worker = keepRunning('bullmq-worker.mjs', environment, (request) =>
      [3, 9, 14, 18].includes(request),
    )
    try {
      expect(await outputOf(start('bullmq-producer.mjs', environment, '10'))).toEqual({ completed: 10 })
      expect(worker.kills()).toBe(4)
      expect(server.executed.size).toBe(20)
      expect([...server.executed].filter(([, times]) => times !== 1)).toEqual([])
      expect(server.requests.length).toBeGreaterThan(20)
    } finally {
      await worker.stop()
      await service.stop()
    }
  })
})

describe.skipIf(!postgres.isThere)('examples/jobs/outbox-worker.mjs', () => {
  it('tells of each order that was committed once and in order, and of no other', async () => {
    const service = await postgres.start()
    const environment = { POSTGRES_URL: service.url }
    const worker = keepRunning('outbox-worker.mjs', environment, (request) => [2, 5, 8].includes(request))
    try {
      expect(await outputOf(start('outbox-orders.mjs', environment, '15'))).toEqual({ taken: 10 })
      const through = () => server.executed.size === 10
      for (let waitedMs = 0; !through() && waitedMs < 60_000; waitedMs += 50)
        await new Promise((resolve) => setTimeout(resolve, 50))
      expect(worker.kills()).toBe(3)
      const told = [...server.executed].map(([name, times]) => `${/order-\d+/.exec(name)?.[0]} ${times}`)
      const committed = Array.from({ length: 15 }, (_, index) => index).filter((index) => index % 3 !== 2)
      expect(told).toEqual(committed.map((index) => `order-${index} 1`))
    } finally {
      await worker.stop()
      await service.stop()
    }
  })
})
