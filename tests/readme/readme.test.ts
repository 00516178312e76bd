import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startFaultyServer, type FaultyServer } from 'fetch-idempotency/testing/server'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { typeErrors } from './compile.js'
import { examplesOfComments, examplesOfMarkdown, root, type Example } from './extract.js'
import { matches, run, type Origins } from './run.js'
import { startQurlServer } from '../../examples/qurl/server/server.mjs'
import type { QurlServer } from '../../examples/qurl/server/types.js'

/** The pages whose examples are compiled and run. */
const pages = ['README.md', 'llms.txt', ...docPages()]
const [readme = [], ...docs] = pages.map((page) => examplesOfMarkdown(page))
const comments = examplesOfComments('src')

/** Where the examples run: they open databases by name. */
const workshop = mkdtempSync(join(tmpdir(), 'examples-'))

let server: FaultyServer
let qurl: QurlServer
let origins: Origins
beforeAll(async () => {
  process.chdir(workshop)
  let made = 0
  // Each write that has a key loses its first answer.
  server = await startFaultyServer({
    faults: ({ key, attempt }) => (key !== undefined && attempt === 1 ? 'lose-answer' : 'pass'),
    work: ({ url, body }) => {
      const given = /^\{.*\}$/s.test(body) ? (JSON.parse(body) as object) : {}
      made += 1
      return Response.json({ id: `${new URL(url).pathname}/${made}`, ...given }, { status: 201 })
    },
  })
  qurl = await startQurlServer()
  origins = { '*': server.url, 'api.layerv.ai': qurl.url }
  vi.stubEnv('QURL_API_KEY', qurl.apiKey)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
  await qurl.close()
  process.chdir(root)
  rmSync(workshop, { recursive: true, force: true })
})
afterEach(() => void vi.restoreAllMocks())

describe('README.md', () => {
  it('has examples for fetch and for ky', () => {
    expect(readme.some(({ code }) => code.includes("from 'fetch-idempotency'"))).toBe(true)
    expect(readme.some(({ code }) => code.includes("from 'fetch-idempotency/ky'"))).toBe(true)
  })
})

describe('pages', () => {
  const others = ['.', '.github']
    .flatMap((folder) => readdirSync(`${root}/${folder}`).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
  it.each([...pages, ...others])('%s links to files and headings that exist', (page) => {
    expect(brokenLinks(page)).toEqual([])
  })

  it.each([
    ['a file', '[a](docs/nowhere.md)', 'docs/nowhere.md'],
    ['a heading', '[a](docs/ky.md#nowhere)', 'docs/ky.md#nowhere'],
  ])('report a link to %s that does not exist', (_, text, link) => {
    expect(brokenLinks('README.md', text)).toEqual([link])
  })

  it('are short', () => {
    const long = pages.filter((page) => sizeOf(page) > limitOf(page))
    expect(long).toEqual([])
  })
})

describe('examples', () => {
  const examples = [...readme, ...docs.flat(), ...comments]
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
  // One run of the compiler, as each takes seconds.
  const broken = wrong.map(([place, code]) => ({ place, code, compileOnly: false }))
  const errors = typeErrors([...examples, ...broken])

  it.each(wrong)('would not compile with %s', (place, _, message) => {
    expect(errors.get(place)?.join()).toContain(message)
  })

  it.each(examples.map(({ place }) => place))('compiles %s', (place) => {
    expect(errors.get(place)).toEqual([])
  })

  // Node 20 has no SQLite of its own: there these are compiled only.
  const hasSqlite = process.getBuiltinModule?.('node:sqlite' as never) !== undefined
  const programs = examples.filter(
    ({ code, compileOnly }) => !compileOnly && (hasSqlite || !code.includes('sqliteStore(')),
  )
  it.each(programs.map((program) => [program.place, program] as const))('runs %s', async (_, program) => {
    vi.spyOn(console, 'log').mockReturnValue()
    vi.spyOn(Math, 'random').mockReturnValue(0)
    for (const { printed, expected } of await run(program, origins)) {
      if (!matches(printed, expected)) expect(printed).toBe(expected)
    }
  })
})

describe('run', () => {
  it('sends every request to the given origin and loses the first answer', async () => {
    const [executed, arrived] = [server.executions.length, server.requests.length]
    const code = `
      const headers = { 'Idempotency-Key': crypto.randomUUID() }
      const lost = await fetch(url, { method: 'POST', headers, body: '{}' }).catch((error) => error)
      console.log(lost.message) // => fetch failed
      const response = await fetch(new Request(url, { method: 'POST', headers, body: '{}' }))
      console.log(response.status, response.headers.get('idempotent-replayed')) // => 201 true`
    const lines = await run(example(code), origins)
    expect(lines.map(({ printed }) => printed)).toEqual(['fetch failed', '201 true'])
    expect(server.executions.length - executed).toBe(1)
    expect(server.requests.length - arrived).toBe(2)
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

function docPages(): string[] {
  return readdirSync(`${root}/docs`)
    .filter((file) => file.endsWith('.md'))
    .toSorted()
    .map((file) => `docs/${file}`)
}

function read(page: string): string {
  return readFileSync(`${root}/${page}`, 'utf8')
}

function sizeOf(page: string): number {
  return Buffer.byteLength(read(page))
}

function limitOf(page: string): number {
  return page === 'README.md' ? 9_500 : 8_192
}

/** The relative links of a page, or of a text in its place, that lead nowhere. */
function brokenLinks(page: string, text = read(page)): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', heading] = link.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(`${root}/${file}`)) return true
    return heading !== undefined && !headingsOf(read(file)).includes(heading)
  })
}

/** Headings as GitHub names them in links. */
function headingsOf(text: string): string[] {
  const lines = text.replaceAll(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm)
  return [...lines].map(([, line = '']) =>
    line
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
