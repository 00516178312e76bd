import { execFile } from 'node:child_process'
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { isWhole } from '../whole.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const workshop = `${root}.cache/lost-answers-${process.pid}`

/** A package with today's sources and the examples, so that the example runs as it does for a user who cloned it. */
async function layPackage(name: string): Promise<string> {
  const folder = `${workshop}/${name}`
  await mkdir(`${folder}/dist/ky`, { recursive: true })
  await cp(`${root}package.json`, `${folder}/package.json`)
  const isOwn = (path: string) => path !== `${root}examples/hosts`
  await cp(`${root}examples`, `${folder}/examples`, { recursive: true, filter: isOwn })
  return folder
}

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

const scenarios = ['answer reset', 'body cut in half', '503 storm', 'slow commit']

beforeAll(() => mkdir(workshop, { recursive: true }))
afterAll(() => rm(workshop, { recursive: true, force: true }))

describe('npm start', () => {
  it('creates each batch once through both of ours, and not through the others', async () => {
    const folder = await layPackage('real')
    await build({
      entryPoints: { index: `${root}src/index.ts`, 'ky/index': `${root}src/ky/index.ts` },
      outdir: `${folder}/dist`,
      bundle: true,
      splitting: true,
      format: 'esm',
      target: 'node20',
      packages: 'external',
    })
    const { exitCode, output, elapsedMs } = await runExample(folder)
    const rows = rowsOf(output)
    expect(rows, output).toHaveLength(16)
    expect(new Set(rows.map(([scenario]) => scenario))).toEqual(new Set(scenarios))
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
    const folder = await layPackage('broken')
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
