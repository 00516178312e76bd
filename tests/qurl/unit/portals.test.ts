import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../../src/qurl/errors.js'
import { readAccessToken } from '../../../src/qurl/resources/access-token.js'
import { portalBody, portalOf, readPortalUrl } from '../../../src/qurl/resources/portal.js'

describe('readAccessToken', () => {
  it.each([
    ['at_abc', 'at_abc'],
    ['https://qurl.link/#at_abc', 'at_abc'],
    ['https://qurl.link#at_a-b_C', 'at_a-b_C'],
    ['https://qurl.link/at_abc', 'at_abc'],
    ['https://links.example/go/at_abc', 'at_abc'],
    [' at_abc\n', 'at_abc'],
  ])('finds in %j the token', (given, token) => {
    expect(readAccessToken(given)).toBe(token)
  })

  it.each([
    ['nothing', ''],
    ['blanks', '  '],
    ['an empty fragment', 'https://qurl.link/#'],
    ['a link without one', 'https://qurl.link/'],
    ['a link to something else', 'https://qurl.link/about'],
    ['a token with a space', 'at_ab cd'],
    ['a token with a slash', 'at_ab/cd'],
    ['two fragments', 'https://qurl.link/#at_a#at_b'],
    ['no string', { access_token: 'at_abc' }],
    ['null', null],
  ])('refuses %s, and does not show it', (_, given) => {
    expect(() => readAccessToken(given)).toThrow(ValidationError)
    expect(() => readAccessToken(given)).not.toThrow(/at_a|qurl\.link/)
  })

  it('says of a signed link what it is', () => {
    expect(() => readAccessToken('https://qurl.link/#qv2t1.eyJhbGci.c2ln')).toThrow(/signed link/)
  })
})

describe('portalBody', () => {
  it.each([
    [{}, {}],
    [undefined, {}],
    [{ validFor: null, label: undefined }, {}],
    [{ validFor: '7d' }, { expires_in: '7d' }],
    [{ validFor: 60_000 }, { expires_in: '1m' }],
    [{ validFor: 61_000 }, { expires_in: '61s' }],
    [{ validFor: 86_400_000 }, { expires_in: '24h' }],
    [{ validFor: 5_400_000 }, { expires_in: '90m' }],
    [{ sessionDuration: 1000 }, { session_duration: '1s' }],
    [{ sessionDuration: '1h' }, { session_duration: '1h' }],
    [
      { label: 'guest', oneTimeUse: false, maxSessions: 0 },
      { label: 'guest', one_time_use: false, max_sessions: 0 },
    ],
  ])('writes %o', (options, body) => {
    expect(portalBody('createPortal', options as never)).toEqual(body)
  })

  it.each([
    { validFor: 59_999 },
    { validFor: 60_500 },
    { validFor: Number.NaN },
    { validFor: Number.POSITIVE_INFINITY },
    { validFor: ' ' },
    { validFor: true },
    { sessionDuration: 999 },
    { sessionDuration: -1000 },
    { label: '' },
    { label: '  ' },
    { label: 'x'.repeat(501) },
    { oneTimeUse: 'yes' },
    { maxSessions: 1001 },
    { expires_in: '1h' },
    [],
    'x',
  ])('refuses %j', (options) => {
    expect(() => portalBody('createPortal', options as never)).toThrow(ValidationError)
  })
})

describe('readPortalUrl', () => {
  it.each(['https://app.example', 'http://10.0.0.1:8080/a?b=c#d', 'HTTPS://App.example', 'https://[::1]/'])(
    'takes %s as it is',
    (url) => {
      expect(readPortalUrl('protectUrl', url)).toBe(url)
    },
  )

  it.each([
    '',
    'app.example',
    'ftp://app.example',
    'https://',
    'https:///secret',
    'https://?secret',
    'https://#secret',
    'https:\\\\app.example',
    'https://user@app.example/secret',
    'https://user:secret@app.example',
    'https://app example/secret',
    'https://app.example:99999/secret',
    `https://app.example/${'x'.repeat(2048)}`,
    7,
    null,
  ])('refuses %j, and does not show it', (url) => {
    expect(() => readPortalUrl('protectUrl', url)).toThrow(ValidationError)
    expect(() => readPortalUrl('protectUrl', url)).not.toThrow(/secret|app/)
  })
})

describe('portalOf', () => {
  const made = {
    resource_id: 'r_1',
    qurl_id: 'q_1',
    qurl_link: 'https://qurl.link/#at_1',
    qurl_site: 'https://r-1.qurl.site',
  }

  it('reads a portal', () => {
    expect(portalOf('createPortal', { ...made, expires_at: '2026-06-01T12:00:00Z', label: 'guest' })).toEqual(
      {
        crid: 'r_1',
        resourcePublicKey: 'r_1',
        resourceId: 'r_1',
        link: 'https://qurl.link/#at_1',
        site: 'https://r-1.qurl.site',
        expiresAt: new Date('2026-06-01T12:00:00Z'),
        qurlId: 'q_1',
        label: 'guest',
      },
    )
  })

  it('leaves out what is not there', () => {
    const { resource_id, qurl_link } = made
    const sparse = { resource_id, qurl_link, qurl_id: '', qurl_site: '', expires_at: 'soon' }
    expect(portalOf('createPortal', sparse)).toEqual({
      crid: 'r_1',
      resourcePublicKey: 'r_1',
      resourceId: 'r_1',
      link: 'https://qurl.link/#at_1',
    })
  })

  it.each([
    { resource_id: '' },
    { resource_id: ' ' },
    { resource_id: undefined },
    { qurl_link: '' },
    { qurl_link: 7 },
  ])('takes nothing with %j for a portal', (change) => {
    expect(() => portalOf('createPortal', { ...made, ...change } as never)).toThrow(
      expect.objectContaining({ code: 'unexpected_response' }),
    )
  })
})
