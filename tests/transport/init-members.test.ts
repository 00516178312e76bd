import { describe, expect, it } from 'vitest'
import { readInit } from '../../src/transport/init-members.js'

describe('readInit', () => {
  const own = { method: 'POST', body: '{}', 'x-other': 1 }

  it.each<[string, object, object]>([
    ['a plain object, whole', own, own],
    ['an object without a prototype, whole', Object.assign(Object.create(null) as object, own), own],
    ['what fetch reads, where it is inherited', Object.create(own) as object, { method: 'POST', body: '{}' }],
    [
      'the options of ours, where they are inherited',
      Object.create({ ...own, idempotencyKey: 'k', idempotency: { writes: 'never' } }) as object,
      { method: 'POST', body: '{}', idempotencyKey: 'k', idempotency: { writes: 'never' } },
    ],
    [
      'own members over inherited ones',
      Object.assign(Object.create(own) as object, { method: 'PUT' }),
      { method: 'PUT', body: '{}' },
    ],
    [
      'getters of a class',
      new (class {
        get method() {
          return 'PATCH'
        }
        get other() {
          return 1
        }
      })(),
      { method: 'PATCH' },
    ],
  ])('takes %s', (_, init, members) => {
    expect({ ...readInit(init) }).toEqual(members)
  })

  it('gives a copy, which the caller cannot change any more', () => {
    const init = { method: 'POST' }
    const read = readInit(init)
    init.method = 'PUT'
    expect(read.method).toBe('POST')
  })

  it('takes the method and the headers of a Request that is given as an init', () => {
    const request = new Request('http://a.test', { method: 'PUT', headers: { 'x-own': '1' } })
    const { method, headers } = readInit(request as RequestInit)
    expect([method, new Headers(headers).get('x-own')]).toEqual(['PUT', '1'])
  })
})
