import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { typeErrors } from './compile.js'
import { examplesOfComments, examplesOfMarkdown, root, type Example } from './extract.js'
import { startLossyServer, type LossyServer } from './lossy-server.js'
import { matches, run, type Origins } from './run.js'
import { startQurlServer } from '../../examples/qurl/server/server.mjs'
import type { QurlServer } from '../../examples/qurl/server/types.js'

/** The pages whose examples are compiled and run. */
const pages = ['README.md', 'docs/qurl.md']
const [readme = [], ...docs] = pages.map((page) =>
  existsSync(`${root}/${page}`) ? examplesOfMarkdown(page) : [],
)
const comments = examplesOfComments('src')

let server: LossyServer
let qurl: QurlServer
let origins: Origins
beforeAll(async () => {
  server = await startLossyServer()
  qurl = await startQurlServer()
  origins = { '*': server.origin, 'api.layerv.ai': qurl.url }
  vi.stubEnv('QURL_API_KEY', qurl.apiKey)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await qurl.close()
})
afterEach(() => void vi.restoreAllMocks())

describe('README.md', () => {
  it('has examples for fetch and for ky', () => {
    expect(readme.some(({ code }) => code.includes("from 'fetch-idempotency'"))).toBe(true)
    expect(readme.some(({ code }) => code.includes("from 'fetch-idempotency/ky'"))).toBe(true)
  })
})

describe('examples', () => {
  const examples = [...readme, ...docs.flat(), ...comments]
  const errors = typeErrors(examples)

  it.each(examples.map(({ place }) => place))('compiles %s', (place) => {
    expect(errors.get(place)).toEqual([])
  })

  const programs = examples.filter(({ compileOnly }) => !compileOnly)
  it.each(programs.map((program) => [program.place, program] as const))('runs %s', async (_, program) => {
    vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(Math, 'random').mockReturnValue(0)
    for (const { printed, expected } of await run(program, origins)) {
      if (!matches(printed, expected)) expect(printed).toBe(expected)
    }
  })
})

describe('typeErrors', () => {
  const wrong = [
    ['a missing name', 'nowhere()', 'Cannot find name'],
    ['a wrong type', 'const amount: string = payment.amount', 'not assignable'],
    ['an export that does not exist', "import { nothing } from 'fetch-idempotency'", 'no exported member'],
    [
      'a package that does not exist',
      "import nothing from 'fetch-idempotency/nothing'",
      'Cannot find module',
    ],
    ['a syntax error', 'const = 1', 'expected'],
  ] as const
  const errors = typeErrors(wrong.map(([place, code]) => ({ place, code, compileOnly: false })))

  it.each(wrong)('reports %s', (place, _, message) => {
    expect(errors.get(place)?.join()).toContain(message)
  })
})

describe('run', () => {
  it('sends every request to the given origin and loses the first answer', async () => {
    const before = { executed: server.executed, lost: server.lost }
    const code = `
      const headers = { 'Idempotency-Key': crypto.randomUUID() }
      const lost = await fetch(url, { method: 'POST', headers }).catch((error) => error)
      console.log(lost.message) // => fetch failed
      const response = await fetch(new Request(url, { method: 'POST', headers, body: JSON.stringify(order) }))
      console.log(response.status, response.headers.get('idempotency-replayed')) // => 201 true`
    const lines = await run(example(code), origins)
    expect(lines.map(({ printed }) => printed)).toEqual(['fetch failed', '201 true'])
    expect(server.executed - before.executed).toBe(1)
    expect(server.lost - before.lost).toBe(1)
  })

  it('fails when the example throws', async () => {
    await expect(run(example("throw new Error('as it should')"), origins)).rejects.toThrow('as it should')
  })

  it.each([
    ['{ attempts: 2 }', '{ attempts: 2 }', true],
    ["{ key: '0193', attempts: 2 }", '{ key: …, attempts: 2 }', true],
    ['{ attempts: 2 }', '{ attempts: 3 }', false],
    ['{ attempts: 2 }, more', '{ attempts: 2 }', false],
  ])('compares what was printed, %s, with %s', (printed, expected, same) => {
    expect(matches(printed, expected)).toBe(same)
  })
})

function example(code: string): Example {
  return { place: 'made-up.md:1', code, compileOnly: false }
}
