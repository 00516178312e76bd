import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { watchBody } from '../../src/transport/watch-body.js'
import { listen } from './loopback.js'

describe('watchBody', () => {
  it('leaves a body alone that nobody reads, so that the runtime can free its connection', async () => {
    const given = new Response('whole')
    const { answer } = watchBody(given, () => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    expect([given.body?.locked, given.bodyUsed]).toEqual([false, false])
    expect(await answer.text()).toBe('whole')
    expect(given.bodyUsed).toBe(true)
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
