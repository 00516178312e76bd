import { describe, expect, it } from 'vitest'
import { path } from '../../../src/qurl/path.js'
import { ValidationError } from '../../../src/qurl/errors.js'

describe('path', () => {
  it.each([
    ['r_k8xqp9h2sj9', 'r_k8xqp9h2sj9'],
    ['MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE', 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'],
    ['a/b', 'a%2Fb'],
    ['../x', '..%2Fx'],
    ['a?b#c', 'a%3Fb%23c'],
    ['a b', 'a%20b'],
    ['a\\b', 'a%5Cb'],
    ['ä', '%C3%A4'],
    ['...', '...'],
    ['links.example', 'links.example'],
  ])('makes one segment of %j', (value, segment) => {
    const built = path`/v1/resources/${value}/qurls`
    expect(built).toBe(`/v1/resources/${segment}/qurls`)
    expect(new URL(built, 'https://api.example').pathname).toBe(built)
  })

  it('takes several values, and none', () => {
    expect(path`/v1/resources/${'r_1'}/qurls/${'q_1'}`).toBe('/v1/resources/r_1/qurls/q_1')
    expect(path`/v1/quota`).toBe('/v1/quota')
  })

  it.each([
    ['an empty string', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['a leading space', ' r_1'],
    ['a trailing newline', 'r_1\n'],
    ['only spaces', '  '],
    ['a lone surrogate', 'a\ud800'],
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['an array', ['r_1']],
  ])('refuses %s', (_, value) => {
    const build = () => path`/v1/resources/${value as string}`
    expect(build).toThrow(ValidationError)
    expect(build).toThrow(expect.objectContaining({ code: 'client_validation', status: 0 }))
  })

  it('names the place, not the value', () => {
    expect(() => path`/v1/resources/${' secret'}`).toThrow(/after \/v1\/resources\//)
    expect(() => path`/v1/resources/${' secret'}`).not.toThrow(/secret/)
  })
})
