import { describe, expect, it } from 'vitest'
import { defineContract, standard } from 'fetch-idempotency/contracts'
import { readKeyScope } from '../../src/contract/key-scope.js'

describe('readKeyScope', () => {
  const scoped = defineContract({ keyScope: ['Authorization', 'X-Signature'] })
  const read = (headers: Record<string, string>) =>
    readKeyScope(scoped, (name) => new Headers(headers).get(name))

  it('is empty where no header belongs to the key', () => {
    expect(readKeyScope(standard, () => 'Bearer a')).toBe('')
  })

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['another value', { authorization: 'a' }, { authorization: 'b' }],
    ['a value that was added', {}, { authorization: 'a' }],
    ['an empty value', {}, { authorization: '' }],
    ['the same value under another name', { authorization: 'a' }, { 'x-signature': 'a' }],
    [
      'values that read alike one after the other',
      { authorization: 'a", "b' },
      { authorization: 'a', 'x-signature': 'b' },
    ],
  ])('tells %s', (_, before, after) => {
    expect(read(before)).not.toBe(read(after))
  })

  it('heeds no other header, and no case of names', () => {
    expect(read({ AUTHORIZATION: 'a', date: 'x' })).toBe(read({ authorization: 'a', date: 'y' }))
  })
})
