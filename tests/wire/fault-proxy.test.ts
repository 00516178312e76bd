import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.js'

const received: { method: string; url: string; body: string }[] = []
let server: Server
let proxy: FaultProxy

async function read(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

beforeEach(async () => {
  received.length = 0
  server = createServer(async (req, res) => {
    const body = await read(req)
    received.push({ method: req.method ?? '', url: req.url ?? '', body })
    if (req.url === '/silent') return
    if (req.url === '/empty') return void res.writeHead(204).end()
    if (req.url === '/chunked') {
      res.write('{"made":')
      return void setImmediate(() => res.end(`${received.length}}`))
    }
    const answer = JSON.stringify({ made: received.length, filler: 'x'.repeat(100) })
    res.writeHead(201, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  proxy = await startFaultProxy({ port: (server.address() as AddressInfo).port })
})

afterEach(async () => {
  await proxy.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const post = (path = '/', body: BodyInit = 'one') => fetch(proxy.url + path, { method: 'POST', body })

/** What a raw socket got before the connection ended, and how it ended. */
function raw(text: string): Promise<{ got: string; end: string }> {
  return new Promise((resolve) => {
    const socket = connect(proxy.port, '127.0.0.1')
    let got = ''
    let end = 'fin'
    socket.on('data', (chunk) => (got += chunk.toString('latin1')))
    socket.on('error', (error: NodeJS.ErrnoException) => (end = error.code ?? 'error'))
    socket.on('close', () => resolve({ got, end }))
    socket.write(text)
  })
}

const plainPost = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\none'

describe('startFaultProxy', () => {
  it('passes requests and answers unchanged and keeps the connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const send = (path: string, body?: string) =>
      new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
        const req = request(
          { port: proxy.port, host: '127.0.0.1', path, method: 'POST', agent },
          async (res) => resolve({ status: res.statusCode, text: await read(res) }),
        )
        req.on('error', reject)
        if (body === undefined) req.end()
        else {
          // Without a length node sends chunks.
          req.write(body.slice(0, 5))
          req.end(body.slice(5))
        }
      })
    expect((await send('/a', 'hello, chunked world')).status).toBe(201)
    expect((await send('/b')).status).toBe(201)
    expect(await send('/empty', 'bodies everywhere')).toEqual({ status: 204, text: '' })
    expect(await send('/chunked', 'once more')).toEqual({ status: 200, text: '{"made":4}' })
    agent.destroy()
    expect(received.map(({ body }) => body)).toEqual([
      'hello, chunked world',
      '',
      'bodies everywhere',
      'once more',
    ])
    expect(proxy.seen.map(({ path, body }) => [path, body.toString()])).toEqual([
      ['/a', 'hello, chunked world'],
      ['/b', ''],
      ['/empty', 'bodies everywhere'],
      ['/chunked', 'once more'],
    ])
    expect(proxy).toMatchObject({ requests: 4, injected: 0, connections: 1 })
  })

  it('gives one fault to one request, in order, also to pipelined requests', async () => {
    proxy.next('pass', { instead: { status: 503 } }, 'commit-reset')
    const { got, end } = await raw(plainPost.repeat(3))
    expect(got.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 503'])
    expect(end).toBe('ECONNRESET')
    expect(received).toHaveLength(2)
    expect(proxy).toMatchObject({ requests: 3, injected: 2 })
  })

  it.each<[Fault, number]>([
    ['reset-before', 0],
    ['commit-reset', 1],
    ['cut-head', 1],
  ])('%s: fetch rejects and the server worked %i times', async (fault, worked) => {
    proxy.next(fault)
    await expect(post()).rejects.toThrow('fetch failed')
    expect(received).toHaveLength(worked)
    expect((await post()).status).toBe(201)
  })

  it('reset-before and commit-reset give the client no byte', async () => {
    proxy.next('reset-before', 'commit-reset')
    expect(await raw(plainPost)).toEqual({ got: '', end: 'ECONNRESET' })
    expect(await raw(plainPost)).toEqual({ got: '', end: 'ECONNRESET' })
  })

  it('cut-head ends within the headers, cut-body within the body', async () => {
    proxy.next('cut-head', 'cut-body')
    const head = await raw(plainPost)
    expect(head.got).toMatch(/^HTTP\/1\.1 201/)
    expect(head.got).not.toContain('\r\n\r\n')
    expect(head.end).toBe('ECONNRESET')
    const body = await raw(plainPost)
    expect(body.got).toMatch(/\r\n\r\n\{"made":2/)
    expect(body.got).not.toMatch(/\}$/)
  })

  it('cut-body gives fetch a response whose body fails', async () => {
    proxy.next('cut-body', 'cut-body')
    for (const path of ['/', '/chunked']) {
      const response = await post(path)
      await expect(response.text()).rejects.toThrow('terminated')
    }
  })

  it('cut-body cuts the head of an answer without a body', async () => {
    proxy.next('cut-body')
    await expect(post('/empty')).rejects.toThrow('fetch failed')
    expect(received).toHaveLength(1)
  })

  it('hang lets the server work and the client wait', async () => {
    proxy.next('hang')
    const error = await fetch(proxy.url, {
      method: 'POST',
      body: 'x',
      signal: AbortSignal.timeout(80),
    }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(received).toHaveLength(1)
  })

  it('forward-reset does not wait for the server', async () => {
    proxy.next('forward-reset')
    await expect(post('/silent')).rejects.toThrow('fetch failed')
    expect(received).toHaveLength(1)
  })

  it('replaces the answer before or after the server worked', async () => {
    const answer = { status: 502, headers: { 'retry-after': '1' }, body: 'bad gateway' }
    proxy.next({ instead: answer }, { after: answer })
    for (const worked of [0, 1]) {
      const response = await post()
      expect(response.status).toBe(502)
      expect(response.headers.get('retry-after')).toBe('1')
      expect(await response.text()).toBe('bad gateway')
      expect(received).toHaveLength(worked)
    }
  })

  it('holds an answer back', async () => {
    proxy.next({ delayMs: 40 })
    const startedAt = performance.now()
    expect((await post()).status).toBe(201)
    expect(performance.now() - startedAt).toBeGreaterThan(30)
  })

  it('asks `choose` for requests without a queued fault', async () => {
    const other = await startFaultProxy({
      port: (server.address() as AddressInfo).port,
      choose: ({ path }) => (path === '/bad' ? { instead: { status: 500 } } : 'pass'),
    })
    other.next({ instead: { status: 418 } })
    const statuses = []
    for (const path of ['/bad', '/bad', '/good']) {
      statuses.push((await fetch(other.url + path)).status)
    }
    await other.close()
    expect(statuses).toEqual([418, 500, 201])
  })

  it('closes while requests hang, at both ends', async () => {
    proxy.next('hang', 'pass')
    const hanging = [post(), post('/silent')].map((answer) => answer.catch(() => 'gone'))
    while (proxy.requests < 2) await new Promise((resolve) => setImmediate(resolve))
    await proxy.close()
    expect(await Promise.all(hanging)).toEqual(['gone', 'gone'])
    await expect(post()).rejects.toThrow('fetch failed')
  })
})
