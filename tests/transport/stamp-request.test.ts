import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import {
  adyen,
  plaid,
  bodyField,
  defineContract,
  header,
  oasis,
  queryParameter,
  quotedHeader,
  type KeyCarrier,
} from 'fetch-idempotency/contracts'
import { captureRequest, type CapturedRequest } from '../../src/transport/capture-request.js'
import { stampRequest } from '../../src/transport/stamp-request.js'
import { fakeClock, json, playFetch, reset, thrown, url } from '../fetch/fakes.js'

const bodyLimits = { maxRequestBytes: 1000, oversizedBody: 'refuse' } as const

const open = (carrier: ReturnType<typeof bodyField>, ...steps: Parameters<typeof playFetch>) => {
  const play = playFetch(...steps)
  const contract = defineContract({ carrier })
  return { ...play, send: createIdempotentFetch({ fetch: play.fetch, contract, clock: fakeClock() }) }
}
const uuid = /^[0-9a-f-]{36}$/

describe('a key in a header', () => {
  it.each(['idempotency-key', 'Idempotency-Key', 'IDEMPOTENCY-KEY'])(
    'given as %s wins and stays',
    async (name) => {
      const { fetch, sent } = playFetch(reset(), json(201))
      const send = createIdempotentFetch({ fetch, clock: fakeClock() })
      const response = await send(url, { method: 'POST', headers: { [name]: 'mine' } })
      expect(sent.map(({ key }) => key)).toEqual(['mine', 'mine'])
      expect(idempotencyOf(response)?.key).toBe('mine')
    },
  )

  it('given as an option wins over the header, which it replaces', async () => {
    const { fetch, keys } = playFetch(json(201))
    const send = createIdempotentFetch({ fetch })
    await send(url, { method: 'POST', headers: { 'IDEMPOTENCY-key': 'header' }, idempotencyKey: 'option' })
    await send(new Request(url, { method: 'POST', headers: { 'idempotency-key': 'header' } }), {
      idempotencyKey: 'option',
    })
    expect(keys()).toEqual(['option', 'option'])
  })

  it('given as a number is sent as text', async () => {
    const { fetch, keys } = playFetch(json(201))
    const headers = { 'idempotency-key': 123 } as unknown as HeadersInit
    const response = await createIdempotentFetch({ fetch })(url, { method: 'POST', headers })
    expect([keys(), idempotencyOf(response)?.key]).toEqual([['123'], '123'])
  })

  it('given with a method that gets none is sent', async () => {
    const { fetch, keys } = playFetch(json(200))
    const response = await createIdempotentFetch({ fetch })(url, { method: 'DELETE', idempotencyKey: 'k' })
    expect(keys()).toEqual(['k'])
    expect(idempotencyOf(response)?.key).toBe('k')
  })

  it('is put in quotes where the contract says so, and read in both forms', async () => {
    const { send, keys } = open(quotedHeader(), json(201))
    await send(url, { method: 'POST', idempotencyKey: 'a"b' })
    const quoted = await send(url, { method: 'POST', headers: { 'idempotency-key': '"q"' } })
    const raw = await send(url, { method: 'POST', headers: { 'idempotency-key': 'r' } })
    expect(keys()).toEqual(['"a\\"b"', '"q"', 'r'])
    expect([quoted, raw].map((response) => idempotencyOf(response)?.key)).toEqual(['q', 'r'])
  })

  it('goes with its companions, the same ones for each attempt', async () => {
    const { fetch, sent } = playFetch(reset(), json(201))
    await createIdempotentFetch({ fetch, contract: oasis, clock: fakeClock() })(url, { method: 'POST' })
    const firstSent = sent.map(({ headers }) => headers.get('repeatability-first-sent'))
    expect(firstSent[0]).toBe('Tue, 01 Jan 2030 00:00:00 GMT')
    expect(firstSent[1]).toBe(firstSent[0])
  })
})

describe('a key in the body', () => {
  it('is written once, and the bytes stay', async () => {
    const { send, sent } = open(bodyField('idempotency_key'), reset(), json(201))
    const response = await send(url, { method: 'POST', body: '{"amount":1.10}' })
    const key = idempotencyOf(response)?.key
    expect(sent[0]?.body).toBe(`{"idempotency_key":"${key}","amount":1.10}`)
    expect(sent[1]?.body).toBe(sent[0]?.body)
    expect(sent[0]?.key).toBeNull()
  })

  it('given by the caller wins', async () => {
    const { send, sent } = open(bodyField('idempotency_key'), json(201))
    const response = await send(url, { method: 'POST', body: '{"idempotency_key":"mine"}' })
    expect(idempotencyOf(response)?.key).toBe('mine')
    expect(sent[0]?.body).toBe('{"idempotency_key":"mine"}')
  })

  it.each<[string, BodyInit | null]>([
    ['no JSON', 'text'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['a Blob', new Blob(['{}'])],
    ['not UTF-8', Buffer.from('{"name":"é"}', 'latin1')],
    ['absent', null],
  ])('refuses a body that is %s, before anything is sent', async (_, body) => {
    const { send, sent } = open(bodyField('idempotency_key'), json(201))
    const error = await thrown(send(url, { method: 'POST', body }))
    expect(error).toMatchObject({ code: 'unsendable', outcome: 'not-applied', attempts: 0 })
    expect(sent).toEqual([])
  })

  it('is not looked for in a Blob of a request that gets none', async () => {
    const { fetch, sent } = playFetch(json(201))
    const contract = defineContract({ carrier: bodyField('idempotency_key') })
    const send = createIdempotentFetch({ fetch, contract, match: () => false })
    expect((await send(url, { method: 'POST', body: new Blob(['zip']) })).status).toBe(201)
    expect(sent[0]?.body).toBe('zip')
  })

  it.each<[string, unknown]>([
    ['number', 5],
    ['null', null],
    ['empty', ''],
  ])('refuses a given key that is %s', async (_, key) => {
    const { send, sent } = open(bodyField('idempotency_key'), json(201))
    const error = await thrown(send(url, { method: 'POST', body: JSON.stringify({ idempotency_key: key }) }))
    expect(error).toMatchObject({ code: 'key_invalid' })
    expect(sent).toEqual([])
  })
})

describe('a key that makes the body longer', () => {
  it('goes without the length and the digests of the body as it was', () => {
    const headers = {
      'Content-Length': '7',
      'content-digest': 'sha-256=:a:',
      Digest: 'a',
      'content-md5': 'a',
      'x-a': 'b',
    }
    const request = captureRequest(
      url,
      { method: 'POST', body: '{"a":1}', headers },
      bodyLimits,
    ) as CapturedRequest
    const carrier = bodyField('key')
    const stamped = stampRequest(carrier, request, 'k', {})
    expect(stamped.headers).toEqual({ 'x-a': 'b' })
    expect(JSON.parse(stamped.body as string)).toEqual({ a: 1, key: 'k' })
    // The caller has written the key into the body: it stays, and so does what tells of it.
    const given = captureRequest(
      url,
      { method: 'POST', body: '{"key":"k"}', headers },
      bodyLimits,
    ) as CapturedRequest
    expect(stampRequest(carrier, given, 'k', {}).headers).toEqual(headers)
  })
})

describe('a key in the query', () => {
  it('is put into the URL, once', async () => {
    const { send, sent } = open(queryParameter('requestId'), reset(), json(201))
    const response = await send(`${url}?a=b#c`, { method: 'POST', body: 'x' })
    const key = idempotencyOf(response)?.key
    expect(key).toMatch(uuid)
    expect(sent.map((one) => one.url)).toEqual(Array(2).fill(`${url}?a=b&requestId=${key}#c`))
  })

  it('given by the caller wins', async () => {
    const { send, sent } = open(queryParameter('requestId'), json(201))
    const response = await send(`${url}?requestId=mine`, { method: 'POST' })
    expect(idempotencyOf(response)?.key).toBe('mine')
    expect(sent[0]?.url).toBe(`${url}?requestId=mine`)
  })

  it('goes with a Request, its body and its settings', async () => {
    const { send, sent } = open(queryParameter('requestId'), reset(), json(201))
    const request = new Request(url, {
      method: 'POST',
      body: 'x',
      headers: { 'x-a': '1' },
      redirect: 'error',
    })
    const response = await send(request)
    expect(sent.map(({ body, headers }) => [body, headers.get('x-a')])).toEqual([
      ['x', '1'],
      ['x', '1'],
    ])
    expect(sent[1]?.url).toBe(`${url}?requestId=${idempotencyOf(response)?.key}`)
  })
})

describe('a server that cannot reach its store of keys', () => {
  const down = () => json(503, { errorCode: '703' })

  it('gets the key again by default', async () => {
    const { fetch, keys } = playFetch(down(), json(201))
    const send = createIdempotentFetch({ fetch, contract: adyen, clock: fakeClock(), generateKey: () => 'k' })
    await send(url, { method: 'POST', body: '{}' })
    expect(keys()).toEqual(['k', 'k'])
  })

  it('gets the request without one when that is asked for: everything else stays', async () => {
    const { fetch, sent } = playFetch(down(), json(201))
    const send = createIdempotentFetch({
      fetch,
      contract: adyen,
      clock: fakeClock(),
      whenKeyStoreDown: 'send-without-key',
      hooks: { beforeRequest: [(request) => request.headers.set('x-signed', 'yes')] },
    })
    await send(url, { method: 'POST', body: '{}' })
    expect(sent.map(({ key }) => key !== null)).toEqual([true, false])
    expect(sent.map(({ headers }) => headers.get('x-signed'))).toEqual(['yes', 'yes'])
    expect(sent[1]?.body).toBe('{}')
  })

  it.each<[string, KeyCarrier]>([
    ['a header', header('Idempotency-Key')],
    ['the body', bodyField('key')],
    ['the query', queryParameter('key')],
  ])('gets the request as the caller wrote it when the key was in %s', async (_, carrier) => {
    const { fetch, sent } = playFetch(down(), json(201))
    const contract = defineContract({
      carrier,
      companions: () => ({ 'X-First-Sent': 'now' }),
      classify: ({ status }) => (status === 503 ? { verdict: 'refused', keyStoreDown: true } : undefined),
    })
    const more = { contract, clock: fakeClock(), whenKeyStoreDown: 'send-without-key' } as const
    const send = createIdempotentFetch({ fetch, ...more, generateKey: () => 'the-key' })
    await send(url, { method: 'POST', body: '{}' })
    const [first, second] = sent
    expect(JSON.stringify([first?.url, first?.body, first?.key])).toContain('the-key')
    expect(second).toMatchObject({ url, body: '{}', key: null })
    expect([first, second].map((one) => one?.headers.get('x-first-sent'))).toEqual(['now', null])
    // What was sent before stays as it was.
    expect(new Headers(first?.init.headers).get('x-first-sent')).toBe('now')
  })

  it('never gets a write without a key again that may have run', async () => {
    const { fetch, keys } = playFetch(down(), reset(), json(201))
    const send = createIdempotentFetch({
      fetch,
      contract: adyen,
      clock: fakeClock(),
      whenKeyStoreDown: 'send-without-key',
    })
    const error = await thrown(send(url, { method: 'POST', body: '{}' }))
    expect(error).toMatchObject({ code: 'outcome_unknown', attempts: 2 })
    expect(keys()).toHaveLength(2)
  })

  it('gets a key that the caller gave, as an earlier call may have been applied', async () => {
    const { fetch, keys } = playFetch(down(), json(201))
    const more = { contract: adyen, clock: fakeClock(), whenKeyStoreDown: 'send-without-key' } as const
    const send = createIdempotentFetch({ fetch, ...more })
    await send(url, { method: 'POST', body: '{}', idempotencyKey: 'job-7' })
    expect(keys()).toEqual(['job-7', 'job-7'])
  })

  it('gets the key when the write may have run before', async () => {
    const { fetch, keys } = playFetch(reset(), down(), json(201))
    const send = createIdempotentFetch({
      fetch,
      contract: adyen,
      clock: fakeClock(),
      generateKey: () => 'k',
      whenKeyStoreDown: 'send-without-key',
    })
    await send(url, { method: 'POST', body: '{}' })
    expect(keys()).toEqual(['k', 'k', 'k'])
  })
})

describe('a body', () => {
  it('that cannot take its key says why, and does not quote the body', async () => {
    const send = createIdempotentFetch({ fetch: playFetch(json(201)).fetch, contract: plaid })
    const error = await thrown(send('https://a.test/transfer/create', { method: 'POST', body: 'card=4242' }))
    expect(error).toMatchObject({ code: 'unsendable', attempts: 0 })
    expect(error.message).toContain('(the contract puts the key into a JSON body, and this body is not JSON)')
    expect(error.message + String(error.cause)).not.toContain('4242')
  })
})
