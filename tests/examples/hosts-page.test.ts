import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readPage, regionOf, root, rowsOf, snippetsOf } from './hosts-page.js'

const page = readPage()
const programs = rowsOf(page).map(({ program }) => program)

describe('docs/hosts.md', () => {
  it('has a row for each program, and for nothing else', () => {
    const parts = ['graphql', 'orders', 'server']
    const files = readdirSync(`${root}examples/hosts`).filter((file) => file.endsWith('.mjs'))
    const names = files.map((file) => file.slice(0, -'.mjs'.length)).filter((name) => !parts.includes(name))
    expect(programs.toSorted()).toEqual(names.toSorted())
    expect(programs.length).toBeGreaterThanOrEqual(18)
  })

  it.each(programs)('shows the code of the program %s', (program) => {
    expect(snippetsOf(page)).toContain(regionOf(program))
  })

  it('shows no code that is in no program', () => {
    expect(snippetsOf(page).toSorted()).toEqual(programs.map(regionOf).toSorted())
  })

  it('names the version that is installed for each program', async () => {
    const { default: manifest } = await import('../../examples/hosts/package.json')
    const installed: Record<string, string> = manifest.dependencies
    for (const { library } of rowsOf(page)) {
      const [name = '', version] = library.split(' ')
      expect(installed[name], name).toBe(version)
    }
  })
})
