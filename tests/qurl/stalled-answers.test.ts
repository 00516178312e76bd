import { createServer, type RequestListener } from 'node:http'
import { inspect } from 'node:util'
import { QURLClient, type ClientOptions } from 'fetch-idempotency/qurl'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AddressInfo } from 'node:net'
import { failureOf } from './unit/fake.js'

async function clientOf(answer: RequestListener, options: ClientOptions = {}): Promise<QURLClient> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return new QURLClient({
    apiKey: 'lv_test_0123456789',
    baseUrl,
    retryDelay: () => 0,
    maxRetries: 0,
    ...options,
  })
}

/** Answers with a head, the beginning of a body, and silence. */
const stall =
  (status: number, type = 'application/json'): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': type })
    response.write('{"data":{')
  }

const calls: [name: string, call: (client: QURLClient) => Promise<unknown>][] = [
  ['a write', (client) => client.create({ target_url: 'https://app.example/a' })],
  ['a read', (client) => client.getQuota()],
]

describe('an answer that stalls in its body', () => {
  it.each(calls)('ends %s in time, as an event stream too', async (_, call) => {
    for (const options of [{ timeout: 60 }, { deadlineMs: 60 }]) {
      for (const type of ['application/json', 'text/event-stream']) {
        const client = await clientOf(stall(200, type), options)
        expect(await failureOf(call(client))).toMatchObject({ name: 'TimeoutError', attempts: 1 })
      }
    }
  })

  it.each([...calls, ['a deletion', (client: QURLClient) => client.deleteWebhook('wh_1')] as const])(
    'does not lose the status of %s',
    async (_, call) => {
      for (const options of [{ timeout: 200 }, { deadlineMs: 200 }]) {
        const client = await clientOf(stall(401), options)
        expect(await failureOf(call(client))).toMatchObject({ name: 'AuthenticationError', status: 401 })
      }
    },
  )
})

describe('an answer that is too long, or no UTF-8', () => {
  const padded = (length: number) => `{"data":{"qurl_id":"${'x'.repeat(length - 23)}"}}`
  const send =
    (body: string | Buffer, status = 201): RequestListener =>
    (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body)
    }

  it.each(calls)('is read up to 1 MiB for %s, and refused beyond it', async (_, call) => {
    await expect(call(await clientOf(send(padded(1_048_576))))).resolves.toHaveProperty('qurl_id')
    const error = await failureOf(call(await clientOf(send(padded(1_048_577)))))
    expect(error).toMatchObject({ code: 'unexpected_response', status: 201 })
  })

  it('is refused with what is known of the write', async () => {
    const client = await clientOf(send(Buffer.from([0x7b, 0xff, 0x7d])))
    const error = await failureOf(client.create({ target_url: 'https://app.example/a' }))
    expect(error).toMatchObject({ code: 'unexpected_response', outcome: 'unknown', attempts: 1 })
    expect(error).toHaveProperty('key')
  })
})

describe('an answer that cannot be used', () => {
  it('keeps its links on the error, out of sight', async () => {
    const results = [
      { index: 0, success: true, resource_id: 'r_1', qurl_link: 'https://qurl.link/#at_1', qurl_site: 's' },
    ]
    const body = JSON.stringify({ data: { succeeded: 1, failed: 1, results }, meta: {} })
    const client = await clientOf((_, response) => response.writeHead(207).end(body))
    const items = [{ target_url: 'https://a.example' }, { target_url: 'https://b.example' }]
    const error = (await failureOf(client.batchCreate({ items }))) as Error
    expect(error).toMatchObject({ code: 'unexpected_response', data: { results } })
    for (const shown of [error.message, JSON.stringify(error), inspect(error)])
      expect(shown).not.toContain('at_1')
  })
})
