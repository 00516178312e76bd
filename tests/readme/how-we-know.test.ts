import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { root } from './extract.js'

const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')
const page = 'docs/how-we-know.md'
const rows = read(page)
  .split('\n')
  .filter((line) => /^\| (?:README|docs\/)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, file = '', claim = '', shown = '']) => ({
    file,
    claim,
    shown: [...shown.matchAll(/`([^`]+)`/g)].map(([, one = '']) => one),
  }))
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

/** Text as it reads, wherever its lines break. */
const flat = (text: string) => text.replace(/\s+/g, ' ')

const exists = (shown: string) => {
  const script = /^npm (?:run )?([\w:-]+)$/.exec(shown)?.[1]
  return script === undefined ? existsSync(`${root}/${shown}`) : Object.hasOwn(scripts, script)
}

describe(page, () => {
  it.each(rows)('$file says "$claim", and something shows it', ({ file, claim, shown }) => {
    expect(flat(read(file))).toContain(claim)
    expect(shown).not.toEqual([])
    expect(shown.filter((one) => !exists(one))).toEqual([])
  })

  it('leaves no page out', () => {
    const pages = readdirSync(`${root}/docs`).map((name) => `docs/${name}`)
    const named = new Set(rows.map(({ file }) => file))
    expect(['README.md', ...pages].filter((file) => file !== page && !named.has(file))).toEqual([])
  })

  it('finds a test or a script that is not there', () => {
    expect(['tests/no.test.ts', 'npm run none', 'npm start'].map(exists)).toEqual([false, false, true])
  })
})
