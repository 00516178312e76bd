import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { examplesOfComments, examplesOfMarkdown, root } from './extract.js'
import { filesUnder, findBannedWords, proseOf, readFile } from './house-words.js'

const topPages = readdirSync(root).filter((file) => file.endsWith('.md'))
const pages = [...topPages, ...filesUnder('docs', '.md')]
const sources = filesUnder('src', '.ts')

/** Examples that are compiled and not run, by file: what they need. */
const compiledOnly: Record<string, string> = {
  'docs/probe.md': 'a server of yours',
  'docs/qurl-moving.md': 'a proxy',
  'docs/qurl-portals.md': 'minutes of polling',
  'docs/qurl-webhooks.md': 'a request from the service',
  'src/qurl/unwrap-webhook.ts': 'a request from the service',
  'src/journal/stores/postgres-store.ts': 'PostgreSQL',
  'src/journal/stores/postgres-schema.ts': 'PostgreSQL',
  'src/journal/stores/redis-store.ts': 'Redis',
  'src/journal/stores/indexed-db-store.ts': 'a browser',
  'src/testing/store-checks.ts': 'a test runner of its own',
}

describe('words', () => {
  it.each(pages)('%s uses no word that the house style bans', (page) => {
    expect(findBannedWords(readFile(page))).toEqual([])
  })

  it.each(['src', 'examples'])('comments and messages in %s use none', (folder) => {
    const files = filesUnder(folder, '.ts', '.mjs')
    expect(files.length).toBeGreaterThan(5)
    const found = files.flatMap((file) =>
      findBannedWords(proseOf(readFile(file))).map((use) => `${file}:${use}`),
    )
    expect(found).toEqual([])
  })

  it('are looked for in comments and messages, and not in names', () => {
    const source = [
      'const patience = 1 // whoever waits',
      '/** Made anew. */',
      'throw new Error(`be patient ${patience}`)',
      "const code = 'flight'",
    ].join('\n')
    expect(findBannedWords(proseOf(source)).map((use) => use.split(':').slice(0, 2).join(''))).toEqual([
      '1 "whoever"',
      '2 "anew"',
      '3 "patient"',
    ])
  })
})

describe('examples', () => {
  it('are run, but for those that need what a test does not have', () => {
    const examples = [...pages.flatMap((page) => examplesOfMarkdown(page)), ...examplesOfComments('src')]
    const files = examples.filter(({ compileOnly }) => compileOnly).map(({ place }) => place.split(':')[0])
    expect([...new Set(files)].toSorted()).toEqual(Object.keys(compiledOnly).toSorted())
  })

  it.each(pages)('%s has code only in languages that tests read', (page) => {
    const languages = new Set([...readFile(page).matchAll(/^ *```(\w+)/gm)].map(([, language]) => language))
    // The snippets of libraries are those of the programs in examples/hosts.
    const known = page === 'docs/hosts.md' ? ['ts', 'js'] : ['ts', 'sh', 'console', 'json', 'yaml']
    expect([...languages].filter((language) => !known.includes(language ?? ''))).toEqual([])
  })

  it('of sources have code only in TypeScript', () => {
    const others = sources.filter((file) => /^ *\* *```(?!ts\b)\w/m.test(readFile(file)))
    expect(others).toEqual([])
  })

  it.each(programs())('a test runs the program %s', (program) => {
    const [folder, name] = [dirname(program), basename(program)]
    const tests = filesUnder('tests', '.test.ts').filter((file) => {
      const text = readFile(file)
      return text.includes(program) || (text.includes(folder) && text.includes(`'${name}'`))
    })
    expect(tests).not.toEqual([])
  })
})

describe('links', () => {
  it.each(filesUnder('src', '.ts').filter((file) => /\]\(\.{0,2}\//.test(readFile(file))))(
    '%s links to files that exist',
    (file) => {
      for (const [, link = ''] of readFile(file).matchAll(/\]\((\.{0,2}\/[^)#\s]+)/g))
        expect(existsSync(new URL(link, `file://${root}/${file}`)), link).toBe(true)
    },
  )

  it('lead from the README to every page', () => {
    const readme = readFile('README.md')
    const missing = filesUnder('docs', '.md').filter((page) => !readme.includes(`](${page}`))
    expect(missing).toEqual([])
  })
})

describe('workflows', () => {
  it.each(filesUnder('.github/workflows', '.yml'))('%s takes actions by the hash of a commit', (file) => {
    const uses = [...readFile(file).matchAll(/uses: (\S+)(.*)/g)]
    expect(uses.length).toBeGreaterThan(0)
    expect(
      uses.filter(([, action = '', version = '']) => !/@[\da-f]{40}$/.test(action) || !/# v\d/.test(version)),
    ).toEqual([])
  })
})

/** Programs in `examples/` that no other file there imports; those in `examples/hosts` have a suite of their own. */
function programs(): string[] {
  const files = filesUnder('examples', '.mjs').filter((file) => !file.startsWith('examples/hosts/'))
  const text = files.map((file) => readFile(file)).join('\n')
  return files.filter((file) => !text.includes(`/${file.split('/').at(-1)}'`))
}
