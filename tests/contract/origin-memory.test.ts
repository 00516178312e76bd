import { describe, expect, it } from 'vitest'
import type { KeyEvidence } from '../../src/contract/key-evidence.js'
import { createOriginMemory, originOf } from '../../src/contract/origin-memory.js'

describe('originOf', () => {
  it.each([
    ['https://a.test/orders', 'https://a.test'],
    ['HTTPS://A.test:8443?x=//y', 'https://a.test:8443'],
    ['/orders', ''],
    ['orders?u=https://a.test/', ''],
  ])('%s', (url, origin) => {
    expect(originOf(url)).toBe(origin)
  })
})

describe('createOriginMemory', () => {
  const proof: KeyEvidence = { kind: 'other-id', before: '1', after: '2' }

  it('knows nothing of a server at first', () => {
    const memory = createOriginMemory()
    expect([memory.marksReplays('https://a/x'), memory.findIgnored('https://a/x')]).toEqual([
      false,
      undefined,
    ])
  })

  it('keeps what was learnt of each server apart, and the first proof', () => {
    const memory = createOriginMemory()
    memory.noteMarker('https://a/x')
    memory.noteIgnored('https://b/x', proof)
    memory.noteIgnored('https://b/y', { kind: 'no-marker' })
    memory.noteMarker('https://b')
    expect([memory.marksReplays('https://a/y'), memory.findIgnored('https://a/y')]).toEqual([true, undefined])
    expect([memory.marksReplays('https://b/y'), memory.findIgnored('https://b/y')]).toEqual([true, proof])
  })

  it('tells once which writes were resent to a server that is found to ignore keys, at most the last hundred', () => {
    const memory = createOriginMemory()
    for (let at = 0; at < 150; at += 1) memory.noteResent('https://a/x', `k${at}`)
    memory.noteResent('https://b/x', 'other')
    const told = memory.noteIgnored('https://a/y', proof)
    expect([told.length, told[0], told.at(-1)]).toEqual([100, 'k50', 'k149'])
    expect(memory.noteIgnored('https://a/y', proof)).toEqual([])
  })

  it('forgets the server of which it has heard nothing for longest', () => {
    const memory = createOriginMemory(2)
    for (const origin of ['http://a', 'http://b', 'http://a', 'http://c']) memory.noteMarker(origin)
    expect(['http://a', 'http://b', 'http://c'].map((origin) => memory.marksReplays(origin))).toEqual([
      true,
      false,
      true,
    ])
  })
})
