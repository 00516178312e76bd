import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entries, installPacked, root, type App } from './pack.js'

describe.each(['ky', 'ky2'] as const)('the types of the packed package next to %s', (ky) => {
  let app: App
  beforeAll(() => {
    app = installPacked(ky)
  })
  afterAll(() => app?.remove())

  it.each([
    ['node16', 'consumer.mts', 'consumer.cts'],
    ['nodenext', 'consumer.mts', 'consumer.cts', 'consumer-ky.mts'],
    ['bundler', 'consumer.ts', 'consumer-ky.mts'],
    ['node10', 'consumer.ts'],
  ])('serve module resolution %s without the types of Node', (moduleResolution, ...files) => {
    for (const file of files.filter((name) => /consumer\.[cm]ts/.test(name))) {
      writeFileSync(`${app.folder}/${file}`, readFileSync(`${app.folder}/consumer.ts`))
    }
    expect(compile(moduleResolution, files)).toBe('')
  })

  it('are found by node10, which reads no exports, for every entry', () => {
    const imports = entries.map((entry, at) => `import * as entry${at} from '${entry}'\nvoid entry${at}\n`)
    writeFileSync(`${app.folder}/entries.ts`, imports.join(''))
    expect(compile('node10', ['entries.ts'])).toBe('')
  })

  it('are not any', () => {
    writeFileSync(
      `${app.folder}/wrong.ts`,
      "import { idempotencyOf } from 'fetch-idempotency'\nidempotencyOf().nothing\n",
    )
    expect(compile('bundler', ['wrong.ts'])).toMatch(/^wrong\.ts\(2,1\).*\n.*/)
  })

  /** What the compiler says; empty when all is well. Declarations of packages are checked too. */
  function compile(moduleResolution: string, files: readonly string[]): string {
    const compilerOptions = {
      module: { bundler: 'preserve', node10: 'commonjs' }[moduleResolution] ?? moduleResolution,
      moduleResolution,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    }
    writeFileSync(`${app.folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files }))
    try {
      return execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', app.folder], {
        cwd: app.folder,
        encoding: 'utf8',
      })
    } catch (error) {
      return String((error as { stdout?: string }).stdout ?? error)
    }
  }
})
