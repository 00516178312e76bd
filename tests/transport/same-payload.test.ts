import { describe, expect, it } from 'vitest'
import { isSamePayload } from '../../src/transport/same-payload.js'

describe('isSamePayload', () => {
  const blob = new Blob(['a'])
  it.each<[unknown, unknown, boolean | undefined]>([
    ['a', 'a', true],
    ['a', 'b', false],
    [undefined, null, true],
    [undefined, '', true],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2]), true],
    [new Uint8Array([1, 2]), new Uint8Array([1, 3]), false],
    [new Uint8Array([1, 2]), new Uint8Array([1]), false],
    ['ø', new TextEncoder().encode('ø'), true],
    ['ø', new Uint8Array([1, 2]), false],
    ['', new Uint8Array(), true],
    [blob, blob, true],
    [blob, new Blob(['a']), undefined],
    [blob, new Blob(['ab']), false],
    [blob, 'a', undefined],
    [blob, 'ab', false],
    [blob, null, false],
    [new Blob([]), null, true],
    [new Blob([]), new Blob([]), true],
    [blob, blob.stream(), undefined],
    ['a', blob.stream(), undefined],
    [blob.stream(), blob.stream(), undefined],
  ])('%s and %s', (one, other, expected) => {
    expect(isSamePayload(one as never, other as never)).toBe(expected)
    expect(isSamePayload(other as never, one as never)).toBe(expected)
  })
})
