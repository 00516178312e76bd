import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { rememberFacts } from '../../src/operation/facts.js'
import { settleResponse } from '../../src/transport/settled-response.js'
import { watchBody } from '../../src/transport/watch-body.js'
import { listen } from './loopback.js'

const ignore = () => undefined
const facts = { key: 'k', attempts: 2, replayed: false, outcome: 'unknown' } as const

describe('watchBody', () => {
  it('leaves a body alone that nobody reads, so that the runtime can free its connection', async () => {
    const given = new Response('whole')
    const { answer } = watchBody(given, ignore)
    await new Promise((resolve) => setImmediate(resolve))
    expect([given.body?.locked, given.bodyUsed]).toEqual([false, false])
    expect(await answer.text()).toBe('whole')
    expect(given.bodyUsed).toBe(true)
  })

  const init = { status: 201, headers: { 'x-own': '1' } }
  const forms: readonly (readonly [string, () => Response])[] = [
    ['a Response', () => new Response('whole', init)],
    ['one of a class of its own', () => new (class extends Response {})('whole', init)],
    ['one that was frozen', () => Object.freeze(new Response('whole', init))],
  ]
  /** What has been wrapped once, or twice, before its body is watched. */
  const wrapped: readonly (readonly [string, (response: Response) => Promise<Response>])[] = [
    ['was read past the limit', async (response) => (await settleResponse(response, 2, 'read')).response],
    ['is watched already', async (response) => watchBody(response, ignore).answer],
    [
      'was read past the limit, and is watched already',
      async (response) => watchBody((await settleResponse(response, 2, 'read')).response, ignore).answer,
    ],
  ]

  describe.each(forms)('%s', (_, make) => {
    it.each(wrapped)('that %s is read in every way', async (__, wrap) => {
      const open = async (isTold: boolean) => {
        const given = await wrap(make())
        if (isTold) rememberFacts(given, facts)
        return watchBody(given, ignore).answer
      }
      for (const isTold of [false, true]) {
        const answer = await open(isTold)
        expect([answer.status, answer.headers.get('x-own'), answer.bodyUsed]).toEqual([201, '1', false])
        const copy = answer.clone()
        expect([await copy.clone().text(), await copy.text(), await answer.text()]).toEqual(
          Array.from({ length: 3 }, () => 'whole'),
        )
        await expect(answer.text()).rejects.toBeInstanceOf(TypeError)
        expect(await new Response((await open(isTold)).body).text()).toBe('whole')
      }
    })
  })

  it('gives what was read of an error whose body breaks off, then its failure, also by copies', async () => {
    const failure = new TypeError('terminated')
    const source = () => {
      const chunks = [new TextEncoder().encode('half')]
      return new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const chunk = chunks.shift()
          if (chunk === undefined) controller.error(failure)
          else controller.enqueue(chunk)
        },
      })
    }
    const { response } = await settleResponse(new Response(source(), { status: 401 }), 1_000, 'read')
    const { answer } = watchBody(response, ignore)
    await expect(answer.clone().text()).rejects.toBe(failure)
    await expect(answer.text()).rejects.toBe(failure)
  })

  it('ends from outside a body that was read past the limit', async () => {
    const { response } = await settleResponse(new Response('whole'), 2, 'read')
    const { answer, fail } = watchBody(response, ignore)
    const reading = answer.text()
    fail(new Error('over'))
    await expect(reading).rejects.toThrow('over')
  })

  it('follows a body that was begun to be read: one longer than the limit, or of an error that broke off', async () => {
    const { base } = await listen((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(request.url === '/long' ? 200 : 401, { 'content-type': 'application/json' })
        response.write('"0123456789', () =>
          request.url === '/long' ? response.end('"') : request.socket.resetAndDestroy(),
        )
      })
    })
    const send = createIdempotentFetch({ maxResponseBytes: 5 })
    const init = { method: 'POST', body: '{}', signal: new AbortController().signal }
    expect(await (await send(`${base}/long`, init)).json()).toBe('0123456789')
    const cut = await createIdempotentFetch()(`${base}/cut`, init)
    expect(cut.status).toBe(401)
    await expect(cut.text()).rejects.toThrow('terminated')
  })
})
