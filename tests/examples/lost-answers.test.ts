import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { isWhole } from '../whole.js'
import { buildInto, layPackage } from './lay-package.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const workshop = `${root}.cache/lost-answers-${process.pid}`

interface Run {
  readonly exitCode: number
  readonly output: string
  readonly elapsedMs: number
}

function runExample(folder: string): Promise<Run> {
  const startedAt = performance.now()
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`${folder}/examples/lost-answers.mjs`],
      { timeout: 20_000 },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : Number(error.code ?? -1)
        resolve({ exitCode, output: stdout + stderr, elapsedMs: performance.now() - startedAt })
      },
    )
  })
}

/** The rows of the table at the end: what went wrong, sent with, wanted, created, told, judgement. */
const rowsOf = (output: string) =>
  output
    .slice(output.indexOf('  what went wrong'))
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/ {2,}/))
    .filter((cells) => cells.length === 6)

/** The rows that the README shows of it. */
const shown = readFileSync(`${root}README.md`, 'utf8')
  .split('\n')
  .filter((line) => / {2,}\d+ {2,}\d+ {2,}/.test(line))

const scenarios = ['answer reset', 'body cut in half', '503 storm', 'slow commit']

afterAll(() => rm(workshop, { recursive: true, force: true }))

describe('npm start', () => {
  it('creates each batch once through both of ours, and not through the others', async () => {
    const folder = await layPackage(`${workshop}/real`)
    await buildInto(folder, { index: 'src/index.ts', 'ky/index': 'src/ky/index.ts' })
    const { exitCode, output, elapsedMs } = await runExample(folder)
    const rows = rowsOf(output)
    expect(rows, output).toHaveLength(16)
    expect(new Set(rows.map(([scenario]) => scenario))).toEqual(new Set(scenarios))
    expect(shown.length).toBeGreaterThan(3)
    expect(shown.filter((line) => !output.includes(line))).toEqual([])
    for (const name of ['createIdempotentFetch()', 'ky + idempotency()']) {
      const ours = rows.filter((row) => row[1] === name)
      expect(ours.map((row) => row.slice(2))).toEqual(
        scenarios.map(() => ['100', '100', 'applied, created 100', '✓ once']),
      )
    }
    const naive = rows.filter((row) => row[1] === 'fetch in a retry loop')
    expect(naive.map((row) => row[3])).toEqual(['200', '200', '200', '200'])
    const ky = rows.filter((row) => row[1] === 'ky, POST retries on')
    expect(ky.map((row) => row[3])).toEqual(['200', '100', '200', '200'])
    expect(ky[1]?.[4]).toMatch(/^failed/)
    expect(output).toContain('running')
    expect(output).not.toContain('\u001B')
    expect(exitCode).toBe(0)
    expect(elapsedMs).toBeLessThan(15_000)
  })

  it.runIf(isWhole)('exits with 1 when ours is not exactly right', async () => {
    const folder = await layPackage(`${workshop}/broken`)
    await writeFile(
      `${folder}/dist/index.js`,
      `export const createIdempotentFetch = () => async (...request) => {
         try { return await fetch(...request) } catch { return fetch(...request) }
       }
       export const exponentialBackoff = () => () => 0
       export const idempotencyOf = () => ({ outcome: 'applied' })`,
    )
    await writeFile(`${folder}/dist/ky/index.js`, 'export const idempotency = () => ({})')
    const { exitCode, output } = await runExample(folder)
    expect(rowsOf(output)).toContainEqual([
      'answer reset',
      'createIdempotentFetch()',
      '100',
      '200',
      'applied, created 100',
      '✗ 100 too many',
    ])
    expect(exitCode).toBe(1)
  })
})
