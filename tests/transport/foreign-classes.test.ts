import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../../src/', import.meta.url))

/** The only file that may ask for a class of the web. */
const home = 'transport/web-shapes.ts'

const classes = new Set(
  [
    'Promise,Response,Request,Headers,FormData,Blob,File,URLSearchParams,URL,ReadableStream,AbortSignal,AbortController',
    'ArrayBuffer,Uint8Array,DataView,TypeError,DOMException,Error,Date,RegExp,Map,Set,Array',
  ]
    .join(',')
    .split(','),
)

/** The places in a source where a class of the web is asked for, or extended when the module is imported. */
function findClassTests(text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const isTest =
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword &&
      classes.has(node.right.getText())
    const isHeir =
      ts.isHeritageClause(node) &&
      node.token === ts.SyntaxKind.ExtendsKeyword &&
      node.types.some(
        ({ expression }) => classes.has(expression.getText()) && !expression.getText().endsWith('Error'),
      ) &&
      ts.isClassDeclaration(node.parent)
    if (isTest || isHeir) found.push(node.getText())
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true))
  return found
}

describe('things of the web are known by what they are', () => {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

  it('is asked of files that are there', () => {
    expect(files).toContain(home)
  })

  it.each(files.filter((file) => file !== home))('%s does not ask for their class', (file) => {
    expect(findClassTests(readFileSync(src + file, 'utf8'))).toEqual([])
  })

  it.each([
    'if (body instanceof ReadableStream) send()',
    'const isOurs = (await made) instanceof Promise',
    'class Own extends Response {}',
  ])('refuses %s', (text) => {
    expect(findClassTests(text)).toHaveLength(1)
  })

  it.each([
    'error instanceof QURLError',
    'class Lost extends TypeError {}',
    'interface Own extends Response {}',
  ])('accepts %s', (text) => {
    expect(findClassTests(text)).toEqual([])
  })
})
