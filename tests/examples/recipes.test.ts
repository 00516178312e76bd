import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp, openDatabase } from '../../examples/express-server.mjs'
import { buildInto, layPackage } from './lay-package.js'

const folder = fileURLToPath(new URL(`../../.cache/recipes-${process.pid}`, import.meta.url))
const start = promisify(execFile)

async function run(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await start(process.execPath, [`${folder}/${file}`, ...args], { timeout: 20_000 })
  return stdout
}

beforeAll(async () => {
  await layPackage(folder)
  await buildInto(folder, {
    index: 'src/index.ts',
    'contract/index': 'src/contract/index.ts',
    'opentelemetry/index': 'src/opentelemetry/index.ts',
    'testing/server': 'src/testing-server/start-faulty-server.ts',
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('examples/stripe.mjs', () => {
  it('charges once, whatever is lost and however often the job runs', async () => {
    const lines = (await run('examples/stripe.mjs')).trim().split('\n')
    expect(lines.map((line) => line.replace(/ch_\w+/, 'ch'))).toEqual([
      'order-1: 200 ch, applied after 2 requests',
      'order-1: 200 ch, applied after 1 requests',
      'order-2: 402 card_declined, not-applied after 2 requests',
      'order-1: KeyReusedError, unknown',
      '1 charge made, the same one both times',
    ])
  })
})

describe('examples/job-queue.mjs', () => {
  it('charges once for each job, whose first run dies', async () => {
    const lines = (await run('examples/job-queue.mjs')).trim().split('\n')
    expect(lines.filter((line) => line.endsWith('run 2: applied, by an earlier run'))).toHaveLength(2)
    expect(lines.at(-1)).toBe('4 requests, 2 charges')
  })
})

describe('examples/opentelemetry.mjs', () => {
  it('prints a span for the write, and one below it for each attempt', async () => {
    expect((await run('examples/opentelemetry.mjs')).split('\n')).toEqual([
      'buy a book',
      '  POST operation: applied',
      '    POST: TypeError',
      '    POST: 201, resend 1',
      '',
    ])
  })
})

describe('examples/express-server.mjs', () => {
  it('makes each order once while its answers are lost', async () => {
    expect(await run('examples/express-server.mjs')).toBe('10 orders, 10 answers lost, 10 made, 10 told\n')
  })

  it('makes an order once when two processes are asked at the same time', async () => {
    await writeFile(
      `${folder}/ask.mjs`,
      `import { createApp, openDatabase } from './examples/express-server.mjs'
       const database = openDatabase(process.argv[2])
       const server = createApp(database).listen(0, '127.0.0.1')
       await new Promise((resolve) => server.once('listening', resolve))
       const url = 'http://127.0.0.1:' + server.address().port + '/orders'
       const told = []
       for (let number = 0; number < 50; number += 1) {
         const headers = { 'content-type': 'application/json', 'idempotency-key': 'key-' + number }
         const body = JSON.stringify({ item: 'book ' + number })
         const response = await fetch(url, { method: 'POST', headers, body })
         told.push([response.status, (await response.json()).id])
       }
       const { made } = database.prepare('SELECT count(*) AS made FROM orders').get()
       console.log(JSON.stringify({ told, made }))
       server.closeAllConnections()
       server.close()`,
    )
    const file = `${folder}/orders.sqlite`
    openDatabase(file).close()
    const ask = async () => JSON.parse(await run('ask.mjs', file))
    const [one, other] = await Promise.all([ask(), ask()])
    expect(one.told).toEqual(other.told)
    expect(one.told.every(([status]: [number]) => status === 201)).toBe(true)
    expect(Math.max(one.made, other.made)).toBe(50)
  })

  it('answers by key and account', async () => {
    const server = createApp(openDatabase(':memory:')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ask = async (headers: Record<string, string>, item: string) => {
      const all = { 'content-type': 'application/json', ...headers }
      const init = { method: 'POST', headers: all, body: JSON.stringify({ item }) }
      const response = await fetch(`http://127.0.0.1:${port}/orders`, init)
      return [response.status, response.headers.get('idempotent-replayed'), (await response.json()).id]
    }
    expect(await ask({}, 'book')).toEqual([400, null, undefined])
    expect(await ask({ 'idempotency-key': 'a' }, 'book')).toEqual([201, null, 1])
    expect(await ask({ 'idempotency-key': 'a' }, 'book')).toEqual([201, 'true', 1])
    expect(await ask({ 'idempotency-key': 'a' }, 'pen')).toEqual([422, null, undefined])
    expect(await ask({ 'idempotency-key': 'a', authorization: 'Bearer b' }, 'pen')).toEqual([201, null, 2])
    server.closeAllConnections()
    server.close()
  })
})
