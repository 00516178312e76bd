import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entries, installPacked, packageJson, root, type App } from './pack.js'

describe.each(['ky', 'ky2'] as const)('the packed package next to %s', (ky) => {
  let app: App
  beforeAll(() => {
    if (!existsSync(`${root}/dist/index.js`)) throw new Error('Nothing is built; run `npm run build` first.')
    app = installPacked(ky)
  })
  afterAll(() => app?.remove())

  it('holds the build and its papers, and nothing else', () => {
    const papers = app.files.filter((file) => !file.startsWith('dist/'))
    expect(papers.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'])
  })

  it('names no place of the machine that built it', () => {
    const machine = /(?:\/(?:home|root|work|tmp|usr|var)\/|file:\/\/|[A-Z]:\\|\/Users\/)/
    const told = app.files.filter((file) => machine.test(installed(file)))
    expect(told).toEqual([])
  })

  it('imports only what it declares', () => {
    const declared = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.peerDependencies)]
    for (const file of app.files.filter((name) => /\.[cm]?js$/.test(name))) {
      const imports = [
        ...installed(file).matchAll(/(?:\bfrom\s*|\brequire\(|\bimport\s*\(?)["']([^"'.][^"']*)["']/g),
      ]
      const undeclared = imports.map(([, name = '']) => name).filter((name) => !declared.includes(name))
      expect(
        undeclared.filter((name) => !isBuiltin(name) || !file.includes('journal')),
        file,
      ).toEqual([])
    }
  })

  it.each(entries)('gives the same names of %s to require and import', (entry) => {
    expect(JSON.parse(app.run('exports.cjs', entry))).not.toEqual([])
  })

  it.each(['shared-state.mjs', 'shared-state.cjs'])('shares its state between entries: %s', (program) => {
    expect(app.run(program)).toBe('ok\n')
  })

  it('recognises its errors across module formats', () => {
    expect(app.run('brands.mjs')).toBe('ok\n')
  })

  it.each([
    ['consumer.mts', 'node16', 'node16'],
    ['consumer.cts', 'node16', 'node16'],
    ['consumer.mts', 'nodenext', 'nodenext'],
    ['consumer.cts', 'nodenext', 'nodenext'],
    ['consumer.ts', 'preserve', 'bundler'],
  ])('types %s with module resolution %s, without the types of Node', (file, module, resolution) => {
    cpSync(`${app.folder}/consumer.ts`, `${app.folder}/${file}`)
    const compilerOptions = {
      module,
      moduleResolution: resolution,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    }
    writeFileSync(`${app.folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files: [file] }))
    expect(compile(app.folder)).toBe('')
  })

  function installed(file: string): string {
    return readFileSync(`${app.folder}/node_modules/fetch-idempotency/${file}`, 'utf8')
  }
})

/** What the compiler says; empty when all is well. */
function compile(folder: string): string {
  try {
    return execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', folder], {
      encoding: 'utf8',
    })
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error)
  }
}
