import { readFileSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/** One room of `src/`: a folder that holds one concept. */
interface Room {
  /** Rooms that this one may import from. Its own files it may always import. */
  readonly rooms: readonly string[]
  /** Packages that it may import. */
  readonly packages?: readonly string[]
  /** What of the time, chance and timers it may use itself. Everyone else asks a clock that it was given. */
  readonly ambient?: 'all' | readonly string[]
  /** May it send? */
  readonly sends?: boolean
}

/** The table of rooms, from the ground upwards. A room imports only from rooms that stand before it. */
const rooms: Readonly<Record<string, Room>> = {
  errors: { rooms: [] },
  clock: { rooms: [], ambient: 'all' },
  key: { rooms: ['errors'], packages: ['uuidv7'] },
  backoff: { rooms: [] },
  contract: { rooms: ['errors', 'key'] },
  operation: { rooms: ['errors', 'contract', 'key'] },
  retry: { rooms: ['errors', 'backoff', 'contract', 'operation'] },
  journal: { rooms: ['errors', 'clock', 'key', 'operation'] },
  transport: { rooms: ['errors', 'contract', 'operation'], sends: true },
  loop: { rooms: ['errors', 'clock', 'key', 'backoff', 'contract', 'operation', 'retry', 'transport'] },
  fetch: {
    rooms: ['errors', 'clock', 'backoff', 'operation', 'retry', 'transport', 'loop'],
    sends: true,
  },
  ky: {
    rooms: ['errors', 'clock', 'key', 'backoff', 'contract', 'operation', 'retry', 'transport', 'loop'],
    packages: ['ky'],
    // ky's own timer for the whole call runs by it.
    ambient: ['performance.now'],
    sends: true,
  },
  qurl: {
    rooms: ['errors', 'clock', 'backoff', 'contract', 'operation', 'ky'],
    packages: ['ky'],
    ambient: ['Math.random'],
  },
  opentelemetry: {
    rooms: ['errors', 'loop'],
    packages: ['@opentelemetry/api'],
    ambient: ['performance.now'],
  },
  testing: { rooms: ['errors', 'clock', 'contract', 'journal'], sends: true },
  'testing-server': { rooms: ['contract', 'testing'], packages: ['node:http', 'node:net'] },
  probe: { rooms: ['errors', 'clock', 'key', 'contract', 'transport'], sends: true },
  bin: {
    rooms: ['contract', 'probe'],
    packages: ['node:fs/promises', 'node:process', 'node:util'],
    ambient: ['setInterval'],
  },
}

/** Entry points hand on what their users need from any room that stands before them. */
const entryPoints = new Set(Object.values(readBuild().entry))

const root = fileURLToPath(new URL('..', import.meta.url))

describe('the rooms of src', () => {
  const files = listSources()

  it('are files that this test has read', () => {
    expect(files).toContain('src/index.ts')
    expect(files.length).toBeGreaterThan(10)
  })

  it.each(files)('%s imports only what its room may import', (file) => {
    expect(check(file, readFileSync(`${root}/${file}`, 'utf8'))).toEqual([])
  })

  it('may import only rooms that stand before them', () => {
    const order = Object.keys(rooms)
    for (const [name, room] of Object.entries(rooms)) {
      for (const other of room.rooms) expect(order.indexOf(other), other).toBeLessThan(order.indexOf(name))
    }
  })
})

describe('check', () => {
  it.each([
    ['src/retry/policy.ts', "import { exponential } from '../backoff/exponential.js'"],
    ['src/retry/policy.ts', "import { budget } from './budget.js'"],
    ['src/key/generate.ts', "import { uuidv7 } from 'uuidv7'"],
    ['src/qurl/client.ts', "import ky from 'ky'"],
    ['src/ky/errors.ts', "import * as ky from 'ky'"],
    ['src/ky/fetch.ts', "import { settleResponse } from '../transport/settled-response.js'"],
    ['src/clock/system.ts', 'export const now = Date.now()'],
    ['src/fetch/send.ts', "export const a = () => fetch('https://api.example.com')"],
    ['src/qurl/options.ts', 'export const random = Math.random'],
    ['src/loop/guard.ts', 'export const parsed = (text: string) => Date.parse(text)'],
    ['src/index.ts', "// Errors\nexport { KeyReusedError, type Code } from './errors/errors.js'"],
    ['src/ky/index.ts', "export { standard } from '../contract/presets/standard.js'"],
  ])('accepts in %s: %s', (file, source) => {
    expect(check(file, source)).toEqual([])
  })

  it.each([
    ['an import from a room below', 'src/key/a.ts', "import { decide } from '../retry/decide.js'"],
    ['an export from a room below', 'src/contract/a.ts', "export { decide } from '../retry/decide.js'"],
    ['a type import', 'src/operation/a.ts', "import type { Guard } from '../loop/guard.js'"],
    ['a side-effect import', 'src/errors/a.ts', "import '../clock/clock.js'"],
    ['a dynamic import', 'src/errors/a.ts', "export const clock = () => import('../clock/clock.js')"],
    ['a computed import', 'src/errors/a.ts', 'export const load = (name: string) => import(name)'],
    ['an import type', 'src/errors/a.ts', "export type C = import('../clock/clock.js').Clock"],
    ['a required module', 'src/errors/a.ts', "export const clock = require('../clock/clock.js')"],
    ['an import assignment', 'src/errors/a.ts', "import clock = require('../clock/clock.js')"],
    ['ky in the fetch room by path', 'src/fetch/a.ts', "import { gateRetries } from '../ky/gate-retries.js'"],
    ['a host in the loop', 'src/loop/a.ts', "import { send } from '../fetch/send.js'"],
    ['uuidv7 outside key', 'src/fetch/a.ts', "import { uuidv7 } from 'uuidv7'"],
    ['ky in the fetch room', 'src/fetch/a.ts', "import type { KyInstance } from 'ky'"],
    ['fetch in the ky room', 'src/ky/a.ts', "import { hooks } from '../fetch/hooks.js'"],
    ['ky by path', 'src/ky/a.ts', "import type { KyInstance } from 'ky/distribution/index.js'"],
    ['a node module', 'src/fetch/a.ts', "import { connect } from 'node:net'"],
    ['a node module without its prefix', 'src/fetch/a.ts', "import { connect } from 'net'"],
    ['node types', 'src/fetch/a.ts', '/// <reference types="node" />\nexport const a = 1'],
    ['the package itself', 'src/ky/a.ts', "import { idempotencyOf } from 'fetch-idempotency'"],
    ['a path out of src', 'src/key/a.ts', "import { a } from '../../tests/a.js'"],
    ['a path without extension', 'src/key/a.ts', "import { a } from './b'"],
    ['an unknown room', 'src/utils/a.ts', 'export const a = 1'],
    ['a file in no room', 'src/helpers.ts', 'export const a = 1'],
    ['an import from an unknown room', 'src/fetch/a.ts', "import { a } from '../utils/a.js'"],
    ['an import from an entry point', 'src/fetch/a.ts', "import { a } from '../index.js'"],
    ['a timer outside the clock', 'src/retry/a.ts', 'setTimeout(() => {}, 10)'],
    ['a timer by way of globalThis', 'src/retry/a.ts', 'globalThis.setTimeout(() => {}, 10)'],
    ['a timer in the loop', 'src/loop/a.ts', 'setTimeout(() => {}, 10)'],
    ['the time in a host', 'src/fetch/a.ts', 'export const now = Date.now()'],
    ['the time outside the clock', 'src/retry/a.ts', 'export const now = Date.now()'],
    ['the present date outside the clock', 'src/retry/a.ts', 'export const now = new Date()'],
    [
      'a random number outside the clock',
      'src/backoff/a.ts',
      'export const a = (random = Math.random) => random()',
    ],
    ['the time in the API client', 'src/qurl/a.ts', 'export const now = Date.now()'],
    ['sending in the loop', 'src/loop/a.ts', "export const a = () => fetch('https://api.example.com')"],
    ['an index that computes', 'src/index.ts', 'export const answer = 42'],
    ['an index that imports', 'src/index.ts', "import { a } from './key/a.js'\nexport { a }"],
    ['an index that exports everything', 'src/index.ts', "export * from './key/a.js'"],
    ['an index that is no entry point', 'src/loop/index.ts', "export { a } from './a.js'"],
    ['an entry point that reaches below', 'src/contract/index.ts', "export { a } from '../retry/a.js'"],
  ])('refuses %s', (_, file, source) => {
    expect(check(file, source)).not.toEqual([])
  })
})

/** What is wrong with one file of `src/`, in words; empty when nothing is. */
function check(file: string, text: string): string[] {
  const [, name = ''] = file.split('/')
  const isIndex = posix.basename(file) === 'index.ts'
  if (isIndex && !entryPoints.has(file))
    return [`${file} is an index.ts, but no entry point of tsup.config.json`]
  const room = file === 'src/index.ts' ? undefined : rooms[name]
  if (!room && file !== 'src/index.ts') return [`${file} stands in no room of the table`]

  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const problems = source.typeReferenceDirectives.map(
    (directive) => `${file} refers to types "${directive.fileName}"`,
  )
  if (isIndex)
    problems.push(
      ...source.statements
        .filter((s) => !isReExport(s))
        .map((s) => `${file} does more than re-export by name: ${s.getText()}`),
    )
  if (isIndex && problems.length > 0) return problems

  visit(source)
  return problems

  function visit(node: ts.Node): void {
    const specifier = moduleSpecifier(node)
    const problem =
      specifier === undefined
        ? ambientProblem(node, room ?? { rooms: [] })
        : specifier === ''
          ? 'imports a computed module'
          : importProblem(file, specifier, room, isIndex)
    if (problem) problems.push(`${file} ${problem}`)
    ts.forEachChild(node, visit)
  }
}

function isReExport(statement: ts.Statement): boolean {
  return (
    ts.isExportDeclaration(statement) &&
    statement.moduleSpecifier !== undefined &&
    statement.exportClause !== undefined
  )
}

/** The module that a node imports; empty when it is computed at run time; `undefined` when the node imports nothing. */
function moduleSpecifier(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier)
  if (ts.isExternalModuleReference(node)) return literal(node.expression)
  if (ts.isImportTypeNode(node))
    return ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : ''
  if (!ts.isCallExpression(node)) return undefined
  const isImport =
    node.expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(node.expression) && node.expression.text === 'require')
  return isImport ? (literal(node.arguments[0]) ?? '') : undefined
}

function literal(node: ts.Node | undefined): string | undefined {
  if (!node) return undefined
  return ts.isStringLiteralLike(node) ? node.text : ''
}

function importProblem(
  file: string,
  specifier: string,
  room: Room | undefined,
  isIndex: boolean,
): string | undefined {
  if (!specifier.startsWith('.')) {
    return room?.packages?.includes(specifier) ? undefined : `imports the package "${specifier}"`
  }
  if (!specifier.endsWith('.js')) return `imports "${specifier}" without the extension .js`
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '')
  const [top, other = ''] = target.split('/')
  if (top !== 'src') return `imports "${specifier}" from outside src`
  const own = file === 'src/index.ts' ? undefined : file.split('/')[1]
  if (other === own) return undefined
  if (room?.rooms.includes(other)) return undefined
  const order = Object.keys(rooms)
  if (isIndex && order.includes(other) && (!own || order.indexOf(other) < order.indexOf(own)))
    return undefined
  return `imports "${specifier}", which its room may not`
}

const ambientCalls = ['setTimeout', 'setInterval', 'setImmediate']
const ambientMembers = [
  'Date.now',
  'Math.random',
  'performance.now',
  'AbortSignal.timeout',
  'crypto.randomUUID',
]

function ambientProblem(node: ts.Node, room: Room): string | undefined {
  const called = ts.isCallExpression(node) ? node.expression.getText().replace(/^globalThis\./, '') : ''
  if (called === 'fetch' && !room.sends) return 'calls fetch, which only a host may'
  const used = ambientUse(node, called)
  if (!used || room.ambient === 'all' || room.ambient?.includes(used)) return undefined
  return `uses ${used}; a clock and a random source were given`
}

function ambientUse(node: ts.Node, called: string): string | undefined {
  if (ambientCalls.includes(called)) return called
  if (ts.isPropertyAccessExpression(node)) return ambientMembers.find((member) => member === node.getText())
  const isPresentDate =
    ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length
  return isPresentDate ? 'new Date()' : undefined
}

function listSources(): string[] {
  return readdirSync(`${root}/src`, { recursive: true, encoding: 'utf8' })
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'))
    .toSorted()
}

function readBuild(): { entry: Record<string, string> } {
  return JSON.parse(readFileSync(new URL('../tsup.config.json', import.meta.url), 'utf8'))
}
