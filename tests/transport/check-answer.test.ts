import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { findProblem } from '../../src/transport/check-answer.js'

describe('findProblem', () => {
  it.each<[string, unknown]>([
    ['a Response', new Response()],
    ['an object of another class with the same members', { status: 200, headers: new Headers() }],
    ['headers that are a Map', { status: 200, headers: new Map() }],
    ['an object without a prototype', Object.assign(Object.create(null), { status: 1, headers: new Map() })],
    ['one that was frozen', Object.freeze({ status: 200, headers: new Headers() })],
    ['a status of 0, as that of an opaque response', Response.error()],
  ])('accepts %s', (_, answer) => {
    expect(findProblem(answer)).toBeUndefined()
  })

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'it gave undefined'],
    ['null', null, 'it gave null'],
    ['a text', '{}', 'it gave string'],
    ['a function', () => new Response(), 'it gave function'],
    ['an empty object', {}, 'what it gave has no status (undefined)'],
    ['an object with `ok` alone', { ok: true }, 'no status (undefined)'],
    ['one of another realm', runInNewContext('({ ok: true })'), 'no status (undefined)'],
    ['a status that is a text', { status: '200', headers: new Headers() }, 'no status (string)'],
    ['no headers', { status: 200 }, 'its headers must be a Headers, and are undefined'],
    ['headers that are null', { status: 200, headers: null }, 'and are null'],
    ['headers that are a plain object', { status: 200, headers: { a: 'b' } }, 'and are an object'],
    ['headers with `get` alone', { status: 200, headers: { get: () => null } }, 'and are an object'],
  ])('names what is wrong with %s', (_, answer, problem) => {
    const found = findProblem(answer)
    expect(found).toBeInstanceOf(TypeError)
    expect(found?.message).toContain('the wrapped fetch must give a Response: ')
    expect(found?.message).toContain(problem)
  })

  it.each(['status', 'headers'])('names what cannot be read: %s', (name) => {
    const boom = new Error('boom')
    const answer = Object.defineProperty({ status: 200, headers: new Headers() }, name, {
      get() {
        throw boom
      },
    })
    expect(findProblem(answer)).toMatchObject({ cause: boom })
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(findProblem(proxy)?.message).toContain('cannot be read')
  })
})
