import { execFile } from 'node:child_process'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPage, root, rowsOf } from '../hosts-page.js'

const folder = `${root}examples/hosts`
const workshop = `${root}.cache/hosts-${process.pid}`

interface Ended {
  readonly exitCode: number
  readonly output: string
}

function run(cwd: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: 200_000 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), output: stdout || stderr })
    })
  })
}

/** Puts the build where an installed package would stand, as a copy: bundlers follow no link out of an app. */
async function layPackage(): Promise<void> {
  const place = `${folder}/node_modules/fetch-idempotency`
  await rm(place, { recursive: true, force: true })
  await mkdir(place, { recursive: true })
  await cp(`${root}package.json`, `${place}/package.json`)
  await cp(`${root}dist`, `${place}/dist`, { recursive: true })
}

/** What a program prints at its end: JSON, below what a framework prints. */
function lineOf({ output }: Ended): unknown {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? JSON.parse(line) : output
}

beforeAll(layPackage)
afterAll(() => rm(workshop, { recursive: true, force: true }))

describe('examples/hosts', () => {
  it.each(rowsOf(readPage()))('$program: 100 writes, executed 100, told 100', async (row) => {
    const ended = await run(folder, '--no-warnings', `${row.program}.mjs`)
    expect(lineOf(ended)).toEqual({ ...row, writes: 100, requests: 200, executed: 100, told: 100 })
    expect(ended.exitCode).toBe(0)
  })

  it('report what a fetch that resends without a key does, and exit with 1', async () => {
    const place = `${workshop}/node_modules`
    await mkdir(`${place}/fetch-idempotency`, { recursive: true })
    for (const file of ['ofetch.mjs', 'orders.mjs', 'server.mjs'])
      await cp(`${folder}/${file}`, `${workshop}/${file}`)
    await symlink(`${folder}/node_modules/ofetch`, `${place}/ofetch`)
    await writeFile(
      `${place}/fetch-idempotency/index.mjs`,
      `export const createIdempotentFetch = () => async (url, init) => {
         const response = await fetch(url, init).catch(() => undefined)
         return response?.ok && (await response.clone().text().catch(() => '')) ? response : fetch(url, init)
       }
       export const idempotencyOf = () => undefined`,
    )
    await writeFile(`${place}/fetch-idempotency/package.json`, '{ "main": "index.mjs" }')
    // Without one of its own, the folder belongs to this package, and the import finds the build.
    await writeFile(`${workshop}/package.json`, '{ "type": "module" }')
    const ended = await run(workshop, 'ofetch.mjs')
    expect(lineOf(ended)).toMatchObject({
      writes: 100,
      requests: 200,
      executed: 160,
      told: 40,
      facts: 'nowhere',
    })
    expect(ended.exitCode).toBe(1)
  })

  it('give `send` to each library as its types want it', async () => {
    const ended = await run(root, 'node_modules/typescript/bin/tsc', '-p', 'examples/hosts/tsconfig.json')
    expect(ended).toEqual({ exitCode: 0, output: '' })
  })
})
