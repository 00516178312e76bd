import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../src/qurl/crid/crc32c.js'
import { findIdentityProblem, readPublicKey } from '../../../src/qurl/crid/key-digest.js'
import { checkCrid, parseCrid } from '../../../src/qurl/crid/parse-crid.js'
import { idempotencyOf, metaOf, ShareLink } from '../../../src/qurl/index.js'
import { identityOf } from '../../../examples/qurl/server/identity.mjs'
import { clientOf, data, failureOf } from './fake.js'

const { resource_id: key, crid } = identityOf('one')
const other = identityOf('other')
const der = Buffer.from(key, 'base64url')
const subtle = globalThis.crypto.subtle

describe('crc32c', () => {
  it('is the checksum of RFC 3720', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
  })
})

describe('parseCrid', () => {
  it('reads version and digest', () => {
    const parsed = parseCrid(crid)
    expect(parsed?.version).toBe(1)
    expect(parsed?.digest).toHaveLength(32)
  })

  it.each([
    ['upper case', crid.toUpperCase()],
    ['a character too few', crid.slice(1)],
    ['a character too many', `${crid}a`],
    [
      'another checksum',
      crid.replace(/.(.)$/, (_, last: string) => `${crid.at(-2) === 'a' ? 'b' : 'a'}${last}`),
    ],
    ['another digest', crid.replace(/^(.{20})./, (_, head: string) => head + (crid[20] === 'a' ? 'b' : 'a'))],
    ['version 0', `aa${crid.slice(2)}`],
    ['bits left over', crid.slice(0, 59) + 'b'],
    ['a letter that is none', `${crid.slice(0, 10)}1${crid.slice(11)}`],
    ['an id', 'r_k8xqp9h2sj9'],
    ['a number', 7],
    ['nothing', undefined],
  ])('refuses %s', (_, text) => {
    expect(parseCrid(text)).toBeUndefined()
    expect(() => checkCrid('call', text)).toThrow(/call: requires a valid CRID \(got \w/)
  })
})

describe('findIdentityProblem', () => {
  it('finds none where the CRID is made from the key', async () => {
    expect(await findIdentityProblem(subtle, crid, key)).toBeUndefined()
  })

  it.each([
    ['another key', crid, other.resource_id, /not the one of the resource_id/],
    ['an id of the older form', crid, 'r_k8xqp9h2sj9', /no public key/],
    ['a key that is not on the curve', crid, `${key.slice(0, 40)}${'A'.repeat(82)}`, /no P-256 public key/],
    ['no CRID', undefined, key, /no valid crid/],
  ])('finds one for %s', async (_, name, id, problem) => {
    expect(await findIdentityProblem(subtle, name, id)).toMatch(problem)
  })

  it('takes canonical keys only', () => {
    expect(readPublicKey(key)).toEqual(new Uint8Array(der))
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const next = last[last.indexOf(key.at(-1) ?? '') + 1] ?? 'B'
    expect(readPublicKey(key.slice(0, -1) + next)).toBeUndefined()
  })
})

describe('ShareLink', () => {
  const link = 'https://qurl.link/#qv2t1.secret'
  const expiresAt = new Date('2026-06-01T12:00:00Z')
  const share = new ShareLink({ link, crid, qurlId: 'q_1', expiresAt, singleUse: true })

  it('shows its secret to nobody who does not ask for it', () => {
    expect(share.link).toBe(link)
    for (const shown of [
      JSON.stringify(share),
      inspect(share),
      JSON.stringify({ ...share }),
      `${Object.keys(share)}`,
    ])
      expect(shown).not.toContain('secret')
    expect(JSON.parse(JSON.stringify(share))).toEqual({
      link: '[redacted]',
      crid,
      qurlId: 'q_1',
      expiresAt: '2026-06-01T12:00:00.000Z',
      singleUse: true,
    })
  })

  it('can be shown when its expiry is no date', () => {
    const odd = new ShareLink({ link, expiresAt: new Date(Number.NaN) })
    expect(odd.expiresAt).toBeUndefined()
    expect([JSON.stringify(odd), inspect(odd)].join()).not.toContain('secret')
  })

  it('gives its expiry as a copy', () => {
    share.expiresAt?.setTime(0)
    expect(share.expiresAt).toEqual(expiresAt)
  })

  it.each([
    ['a buffer', der],
    ['an ArrayBuffer', Uint8Array.from(der).buffer],
    ['a DataView', new DataView(Uint8Array.from(der).buffer)],
  ])('verifies the key of its CRID, as %s', async (_, bytes) => {
    await expect(share.verifyCrid(bytes)).resolves.toBeUndefined()
  })

  const detached = new ArrayBuffer(8)
  structuredClone(detached, { transfer: [detached] })

  it.each([
    ['another key', share, Buffer.from(other.resource_id, 'base64url'), 'crid_mismatch'],
    ['text', share, key, 'invalid_crid_key'],
    ['a detached buffer', share, detached, 'invalid_crid_key'],
    ['a link without a CRID', new ShareLink({ link }), der, 'missing_crid'],
    ['a malformed CRID', new ShareLink({ link, crid: 'x' }), der, 'invalid_crid'],
  ])('refuses %s', async (_, from, bytes, code) => {
    const error = await failureOf(from.verifyCrid(bytes as ArrayBuffer))
    expect(error).toMatchObject({ name: 'CRIDVerificationError', status: 0, code })
  })
})

describe('shareResource', () => {
  const made = { qurl: ' https://qurl.link/#x ', crid, qurl_id: null, expires_at: '2026-06-01T12:00:00Z' }

  it('gives a frozen link that tells of its call', async () => {
    const share = await clientOf([data(made)]).client.shareResource(crid)
    expect(share.link).toBe('https://qurl.link/#x')
    expect(Object.isFrozen(share)).toBe(true)
    expect(metaOf(share)?.requestId).toBe('req_1')
    expect(idempotencyOf(share)).toMatchObject({ outcome: 'applied', attempts: 1 })
  })

  it.each([
    ['no link', { ...made, qurl: ' ' }],
    ['another crid', { ...made, crid: other.crid }],
    ['an id that is no text', { ...made, qurl_id: 7 }],
    ['a time that is none', { ...made, expires_at: 'soon' }],
    ['a negative count', { ...made, expires_in_seconds: -1 }],
  ])('refuses an answer with %s, and keeps it', async (_, answer) => {
    const error = await failureOf(clientOf([data(answer)]).client.shareResource(crid))
    expect(error).toMatchObject({ code: 'unexpected_response', status: 0, outcome: 'unknown', data: answer })
    expect(JSON.stringify(error) + inspect(error)).not.toContain('qurl.link')
  })

  it.each(['r_1', 'at_0123456789abcdefghijkl', '', crid.toUpperCase()])('refuses the id %j', async (id) => {
    const { client, sent } = clientOf([])
    const error = (await failureOf(client.shareResource(id))) as Error
    expect(error).toMatchObject({ code: 'client_validation' })
    if (id !== '') expect(error.message).not.toContain(id)
    expect(sent).toHaveLength(0)
  })

  it('is sent once when its answer is lost', async () => {
    const { client, sent } = clientOf([new TypeError('fetch failed')])
    expect(await failureOf(client.shareResource(crid))).toMatchObject({ outcome: 'unknown' })
    expect(sent).toHaveLength(1)
  })
})

describe('the identity in an answer to a portal call', () => {
  const made = { qurl_id: 'q_1', resource_id: key, crid, qurl_link: 'https://qurl.link/#at_1' }

  it('is given', async () => {
    const portal = await clientOf([data(made)]).client.createPortal(crid, { targetPath: '/x' })
    expect(portal).toMatchObject({ crid, resourcePublicKey: key, resourceId: key })
  })

  it.each([
    ['whose CRID is made from another key', { ...made, crid: other.crid }],
    ['about another resource', { ...made, ...other }],
  ])('is refused %s, and kept', async (_, answer) => {
    const error = await failureOf(clientOf([data(answer)]).client.createPortal(crid))
    expect(error).toMatchObject({ code: 'unexpected_response', outcome: 'unknown', data: answer })
    expect(JSON.stringify(error)).not.toContain('at_1')
  })

  it('has no target path for a new URL', async () => {
    const { client, sent } = clientOf([])
    await expect(client.createPortalForUrl('https://a.example', { targetPath: '/x' })).rejects.toThrow(
      /targetPath/,
    )
    expect(sent).toHaveLength(0)
  })
})
