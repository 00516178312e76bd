import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ValidationError, verifyWebhookSignature } from 'fetch-idempotency/qurl'

const secret = 'whsec_0123456789abcdefghijklmnopqrstuv'
const body = '{"id":"evt_1","type":"qurl.created","data":{"label":"Grüße"}}'
const sign = (bytes: string | Uint8Array, key = secret) =>
  createHmac('sha256', key).update(bytes).digest('hex')
const signature = sign(body)

function detached(): Uint8Array {
  const bytes = new TextEncoder().encode(body)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
}

describe('verifyWebhookSignature', () => {
  it('takes what was signed with the secret, as text and as bytes', async () => {
    expect(await verifyWebhookSignature(body, signature, secret)).toBe(true)
    expect(await verifyWebhookSignature(new TextEncoder().encode(body), signature, secret)).toBe(true)
    expect(await verifyWebhookSignature(Buffer.from(body), signature, secret)).toBe(true)
    expect(await verifyWebhookSignature('', sign(''), secret)).toBe(true)
    expect(await verifyWebhookSignature(body, [signature], secret)).toBe(true)
  })

  it('takes bytes that are no text', async () => {
    const bytes = new Uint8Array([0, 255, 254, 128, 10])
    expect(await verifyWebhookSignature(bytes, sign(bytes), secret)).toBe(true)
  })

  it('agrees with a known signature', async () => {
    // RFC 4231, test case 2
    const known = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    expect(await verifyWebhookSignature('what do ya want for nothing?', known, 'Jefe')).toBe(true)
  })

  it('takes any of several secrets, while one is changed', async () => {
    const old = 'whsec_old'
    expect(await verifyWebhookSignature(body, sign(body, old), [secret, old])).toBe(true)
    expect(await verifyWebhookSignature(body, signature, [secret, old])).toBe(true)
    expect(await verifyWebhookSignature(body, sign(body, 'other'), [secret, old])).toBe(false)
  })

  it.each([
    ['another body', `${body} `, signature],
    ['one changed letter of the body', body.replace('created', 'crested'), signature],
    ['another secret', body, sign(body, `${secret}x`)],
    ['one changed digit', body, `${signature.startsWith('0') ? '1' : '0'}${signature.slice(1)}`],
    ['upper case', body, signature.toUpperCase()],
    ['a prefix', body, `sha256=${signature}`],
    ['half of it', body, signature.slice(0, 32)],
    ['an odd number of digits', body, signature.slice(1)],
    ['more of it', body, `${signature}00`],
    ['letters that are no digits', body, `g${signature.slice(1)}`],
    ['a space behind', body, `${signature} `],
    ['a newline behind', body, `${signature}\n`],
    ['nothing', body, ''],
    ['no header', body, null],
    ['no header, in Node', body, undefined],
    ['two headers', body, [signature, signature]],
  ])('refuses %s', async (_, given, header) => {
    expect(await verifyWebhookSignature(given, header as string, secret)).toBe(false)
  })

  it.each([
    ['a parsed body', JSON.parse(body), secret],
    ['no body', undefined, secret],
    ['memory that another thread has', detached(), secret],
    ['an empty secret', body, ''],
    ['no secret', body, undefined],
    ['no secrets', body, []],
    ['an empty one among secrets', body, [secret, '']],
  ])('throws for %s, which is a mistake of the receiver', async (_, given, key) => {
    await expect(verifyWebhookSignature(given, signature, key as string)).rejects.toThrow(ValidationError)
  })

  it('never shows the secret', async () => {
    const error = await verifyWebhookSignature({} as string, signature, secret).catch(
      (reason: Error) => reason,
    )
    expect(String(error)).not.toContain(secret)
  })
})
