import { readFileSync, readdirSync } from 'node:fs'
import { QURLClient } from 'fetch-idempotency/qurl'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { writeOperations, type WriteFacts, type Writes } from '../../src/qurl/operations.js'
import { clientOf, data, failureOf, reset } from './unit/fake.js'

const at = (path: string) => new URL(`../../${path}`, import.meta.url)

/** Each documentation comment by the name that it stands over, empty where there is none. */
function commentsIn(path: string): Map<string, string> {
  const source = ts.createSourceFile(path, readFileSync(at(path), 'utf8'), ts.ScriptTarget.ES2022, true)
  const comments = new Map<string, string>()
  const look = (node: ts.Node): void => {
    if (ts.isMethodDeclaration(node)) comments.set(node.name.getText(), textOf(node))
    if (ts.isVariableStatement(node)) {
      const [first] = node.declarationList.declarations
      comments.set(first?.name.getText() ?? '', textOf(node))
    }
    ts.forEachChild(node, look)
  }
  look(source)
  return comments
}

function textOf(node: ts.Node): string {
  const blocks = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc)
  return blocks.map((block) => block.getText().replaceAll(/\s*\n\s*\* ?/g, ' ')).join(' ')
}

const files = readdirSync(at('src/qurl/resources')).map((file) => `src/qurl/resources/${file}`)
const comments = new Map([...files, 'src/qurl/client.ts'].flatMap((file) => [...commentsIn(file)]))
const methods = Object.getOwnPropertyNames(QURLClient.prototype).filter((name) => name !== 'constructor')

const operations = Object.entries<WriteFacts>(writeOperations)
const namesOf = (writes: Writes) =>
  operations.flatMap(([name, facts]) => (facts.writes === writes ? [name] : []))

describe('the comment on a method', () => {
  it.each(methods)('%s says what it does', (name) => {
    expect(comments.get(name)).toMatch(/[A-Z][^.]+ [^.]+\./)
  })

  it.each(operations)('%s says whether keys are honoured there', (name, { writes }) => {
    const says = expect(comments.get(name))
    if (writes === 'never')
      says.toMatch(/Keys are not known to be honoured here: when the outcome is `unknown`,/)
    else says.not.toMatch(/Keys are not known/)
  })
})

describe('the comment on a guard', () => {
  const guards = [...commentsIn('src/qurl/error-guards.ts')].filter(([name]) => /^is\w+Error$/.test(name))

  it.each(guards)('%s says what it tells', (name, comment) => {
    const about = name === 'isQURLError' ? 'any error' : `{@link ${name.slice(2)}}`
    expect(comment).toMatch(/^\/\*\* Whether a value is /)
    expect(comment).toContain(about)
  })

  it('is on each of them', () => {
    expect(guards).toHaveLength(15)
  })
})

describe('the pages', () => {
  const text = readFileSync(at('docs/qurl.md'), 'utf8')
  const table = readFileSync(at('docs/qurl-methods.md'), 'utf8')
  const [, section = ''] = /\n## Unknown outcomes\n([^]*?)\n## /.exec(text) ?? []
  const listed = (lead: string) => {
    const [, item = ''] = new RegExp(`\n- \\*\\*${lead}([^]*?)\n(?=- |\n)`).exec(section) ?? []
    return [...item.matchAll(/`(\w+)`/g)].flatMap(([, name = '']) => (methods.includes(name) ? [name] : []))
  }
  const tabled = new Set([...table.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name))

  it('have every method in a table', () => {
    expect(methods.filter((name) => !tabled.has(name) && name !== 'toJSON')).toEqual([])
    expect([...tabled].filter((name) => !methods.includes(name ?? ''))).toEqual([])
  })

  it('list what can be called again under its key', () => {
    const portals = ['createPortal', 'createPortalForUrl', 'enterPortal']
    expect(listed('With the same key').toSorted()).toEqual([...namesOf('keyed'), ...portals].toSorted())
  })

  it('list what finds what is there', () => {
    expect(listed('With the same input').toSorted()).toEqual([...namesOf('always'), 'protectUrl'].toSorted())
  })

  it('list what has to be looked at first', () => {
    expect(listed('Only after a look').toSorted()).toEqual(namesOf('never').toSorted())
  })
})

describe('a portal verb', () => {
  const url = 'https://app.example/a'
  const made = { resource_id: 'r_1', qurl_link: 'https://qurl.link/#at_1', target_url: url }

  it.each<[string, (client: QURLClient) => Promise<unknown>]>([
    ['createPortal', (client) => client.createPortal('r_1')],
    ['createPortalForUrl', (client) => client.createPortalForUrl(url)],
    ['enterPortal', (client) => client.enterPortal('at_1')],
    ['protectUrl', (client) => client.protectUrl(url)],
  ])('%s is sent again after a lost answer, as what it is made of', async (_, call) => {
    const { client, sent, keys } = clientOf([reset(), data(made)])
    await call(client)
    expect(sent).toHaveLength(2)
    expect(new Set(keys()).size).toBe(1)
  })

  it.each<[string, (client: QURLClient) => Promise<unknown>, RegExp]>([
    ['createPortal', (client) => client.createPortal('r_1'), /the same idempotencyKey and input/],
    ['protectUrl', (client) => client.protectUrl(url), /the same input, which finds what is there/],
  ])('%s says so when every answer is lost', async (_, call, advice) => {
    const { client } = clientOf([reset()], { maxRetries: 0 })
    expect(await failureOf(call(client))).toMatchObject({ message: expect.stringMatching(advice) })
  })
})
