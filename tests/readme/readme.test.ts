import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { typeErrors } from './compile.js'
import { examplesOfComments, examplesOfMarkdown, root, type Example } from './extract.js'
import { startLossyServer, type LossyServer } from './lossy-server.js'
import { matches, run } from './run.js'

const readme = existsSync(`${root}/README.md`) ? examplesOfMarkdown('README.md') : []
const comments = examplesOfComments('src')
/** An example in a comment is a program when it imports what it shows; the rest are fragments. */
const programs = comments.filter(({ code }) => /^import .* from 'fetch-idempotency/m.test(code))

let server: LossyServer
beforeAll(async () => {
  server = await startLossyServer()
})
afterAll(() => server.close())
afterEach(() => void vi.restoreAllMocks())

describe('README.md', () => {
  it('has examples for fetch and for ky', () => {
    expect(readme.some(({ code }) => code.includes("from 'fetch-idempotency'"))).toBe(true)
    expect(readme.some(({ code }) => code.includes("from 'fetch-idempotency/ky'"))).toBe(true)
  })
})

describe('examples', () => {
  const examples = [...readme, ...programs]
  const errors = typeErrors(examples)

  it.each(examples)('compiles $place', ({ place }) => {
    expect(errors.get(place)).toEqual([])
  })

  it.each(examples.filter(({ compileOnly }) => !compileOnly))('runs $place', async (example) => {
    vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(Math, 'random').mockReturnValue(0)
    for (const { printed, expected } of await run(example, server.origin)) {
      if (!matches(printed, expected)) expect(printed).toBe(expected)
    }
  })
})

describe('typeErrors', () => {
  it.each([
    ['a missing name', 'nowhere()', 'Cannot find name'],
    ['a wrong type', 'const amount: string = payment.amount', 'not assignable'],
    ['an export that does not exist', "import { nothing } from 'fetch-idempotency'", 'no exported member'],
    [
      'a package that does not exist',
      "import nothing from 'fetch-idempotency/nothing'",
      'Cannot find module',
    ],
    ['a syntax error', 'const = 1', 'expected'],
  ])('reports %s', (_, code, message) => {
    const place = example(code).place
    expect(
      typeErrors([example(code)])
        .get(place)
        ?.join(),
    ).toContain(message)
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
    const lines = await run(example(code), server.origin)
    expect(lines.map(({ printed }) => printed)).toEqual(['fetch failed', '201 true'])
    expect(server.executed - before.executed).toBe(1)
    expect(server.lost - before.lost).toBe(1)
  })

  it('fails when the example throws', async () => {
    await expect(run(example("throw new Error('as it should')"), server.origin)).rejects.toThrow(
      'as it should',
    )
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
