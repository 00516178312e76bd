import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path/posix'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entries, installPacked, packageJson, type App } from './pack.js'

describe.each(['ky', 'ky2'] as const)('the packed package next to %s', (ky) => {
  let app: App
  beforeAll(() => {
    app = installPacked(ky)
  })
  afterAll(() => app?.remove())

  it('holds the build and its papers, and nothing else', () => {
    const papers = app.files.filter((file) => !/^(?:dist|docs)\//.test(file))
    expect(papers.toSorted()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'llms.txt', 'package.json'])
    expect(app.files.filter((file) => /\.map$|^docs\/.*(?<!\.md)$/.test(file))).toEqual([])
  })

  it('has the pages that its pages link to', () => {
    const pages = app.files.filter((file) => /\.(?:md|txt)$/.test(file))
    const links = pages.flatMap((page) =>
      [...installed(page).matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].map(([, link = '']) =>
        join(dirname(page), link),
      ),
    )
    expect(links.length).toBeGreaterThan(50)
    expect(links.filter((link) => !app.files.includes(link))).toEqual([])
  })

  it('names no place of the machine that built it', () => {
    const machine = /(?:\/(?:home|root|work|tmp|usr|var)\/|file:\/\/|[A-Z]:\\|\/Users\/)/
    const told = app.files.filter((file) => machine.test(installed(file).replace(/^#!.*\n/, '')))
    expect(told).toEqual([])
  })

  it('imports only what it declares', () => {
    const declared = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.peerDependencies)]
    for (const file of app.files.filter((name) => /\.[cm]?js$/.test(name))) {
      const imports = [
        ...installed(file).matchAll(/(?:\bfrom\s*|\brequire\(|\bimport\s*\(?)["']([^"'.][^"']*)["']/g),
      ]
      // The probe prints source text that names the package itself.
      const undeclared = imports
        .map(([, name = '']) => name)
        .filter((name) => !declared.includes(name) && !name.startsWith('fetch-idempotency/'))
      expect(
        undeclared.filter((name) => !isBuiltin(name) || !/journal|\/bin\/|testing\/server/.test(file)),
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

  function installed(file: string): string {
    return readFileSync(`${app.folder}/node_modules/fetch-idempotency/${file}`, 'utf8')
  }
})
