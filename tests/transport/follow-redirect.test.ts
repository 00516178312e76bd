import { afterEach, describe, expect, it } from 'vitest'
import type { RequestListener } from 'node:http'
import { createIdempotentFetch, idempotencyOf, type IdempotencyEvent } from 'fetch-idempotency'
import { bodyField, defineContract } from 'fetch-idempotency/contracts'
import { idempotency } from 'fetch-idempotency/ky'
import ky1 from 'ky'
import ky2 from 'ky2'
import { withResolvers } from '../fetch/fakes.js'
import { listen } from './loopback.js'

type Send = (url: string, init: RequestInit) => Promise<Response>

/** With no key, which is all that differs from what the wrapped fetch sends. */
const wrapped = createIdempotentFetch({ methods: [], retry: { maxAttempts: 1 } })
const overKy =
  (ky: typeof ky1): Send =>
  (url, init) =>
    ky.extend(idempotency({ methods: [] }))(url, { ...init, retry: 0, throwHttpErrors: false })

const hosts: [string, Send][] = [
  ['createIdempotentFetch', wrapped],
  ['createIdempotentFetch, given a Request', (url, init) => wrapped(new Request(url, init))],
  ['ky 1', overKy(ky1)],
  ['ky 2', overKy(ky2 as unknown as typeof ky1)],
]

/** The request's path names the answer: `/303?location` leads there, and everything else tells what has arrived. */
const redirectOrEcho: RequestListener = async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString()
  const { pathname, search } = new URL(request.url ?? '', 'http://a')
  const status = Number(pathname.slice(1, 4))
  if (status >= 300) {
    const location = Buffer.from(decodeURIComponent(search.slice(1))).toString('latin1')
    return void response.writeHead(status, location === '' ? {} : { location }).end('moved')
  }
  const { host, 'user-agent': _, ...headers } = request.headers
  response.setHeader('x-method', String(request.method))
  response.end(JSON.stringify([request.method, request.url, Object.entries(headers).toSorted(), body]))
}

async function tell(sending: Promise<Response>) {
  try {
    const response = await sending
    const { status, url, redirected, ok } = response
    const copy = await response.clone().text()
    const text = await response.text()
    const method = response.headers.get('x-method')
    return { status, url, redirected, ok, method, text, isSameCopy: copy === text }
  } catch (error) {
    return error instanceof Error ? 'failed' : error
  }
}

const here = await listen(redirectOrEcho)
const there = await listen(redirectOrEcho)
const to = (status: number, location: string) => `${here.base}/${status}?${encodeURIComponent(location)}`
const headers = {
  authorization: 'Bearer one',
  cookie: 'a=1',
  'content-language': 'en',
  'content-type': 'application/json',
  'x-own': 'kept',
}
const body = '{"items":100}'
const statuses = [300, 301, 302, 303, 304, 307, 308]

describe('a write with a key is sent on with it', () => {
  const contract = defineContract({ name: 'in the body', carrier: bodyField('request.key') })
  const init = { method: 'POST', body: '{"request":{}}' }

  it.each<[string, Send]>([
    ['createIdempotentFetch', createIdempotentFetch({ contract })],
    ['ky 1', (url, options) => ky1.extend(idempotency({ contract }))(url, options)],
    ['ky 2', (url, options) => ky2.extend(idempotency({ contract }))(url, options)],
  ])('in its body: %s', async (_, send) => {
    const response = await send(to(308, '/next'), init)
    const [, , , sent] = (await response.json()) as string[]
    expect(JSON.parse(sent as string)).toEqual({ request: { key: idempotencyOf(response)?.key } })
  })

  it('but not when it is a stream, which is gone', async () => {
    const send = createIdempotentFetch({ maxRequestBytes: 1, oversizedBody: 'send-once' })
    const stream = new Blob(['a', 'long', 'body']).stream()
    const sending = send(to(307, '/next'), { method: 'POST', body: stream, duplex: 'half' })
    await expect(sending).rejects.toMatchObject({ code: 'outcome_unknown', attempts: 1 })
  })
})

describe.each(hosts)('%s follows redirects of a write as fetch itself does', (_, send) => {
  const alike = async (url: string, init: RequestInit) => {
    const theirs = await tell(fetch(url, init))
    expect(await tell(send(url, init))).toEqual(theirs)
    return theirs
  }

  describe.each(['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'HEAD'])('%s', (method) => {
    const given = /GET|HEAD/.test(method) ? { method, headers } : { method, headers, body }

    it.each(statuses)('%i, within the origin', async (status) => {
      await alike(to(status, '/next?a=b'), given)
      await alike(to(status, 'next'), { method, headers })
    })

    it.each(statuses)('%i, to another origin', async (status) => {
      await alike(to(status, `${there.base}/next`), given)
    })
  })

  it.each<[string, string]>([
    ['a chain', to(307, to(308, to(303, '/end')))],
    ['a chain that ends in a GET and goes on', to(303, to(307, '/end'))],
    ['no location', `${here.base}/303`],
    ['an empty path', to(303, '?')],
    ['UTF-8', to(303, '/ä€')],
    ['a fragment', to(303, '/next#there')],
    ['a URL that is none', to(303, 'http://a b/')],
    ['another scheme', to(303, 'ftp://127.0.0.1/')],
    ['a scheme that fetch knows', to(303, 'data:,x')],
    ['a port that is blocked', to(303, 'http://127.0.0.1:1/')],
    ['an answer that is an error', to(303, '/304')],
  ])('%s', async (__, url) => {
    await alike(url, { method: 'POST', headers, body })
  })

  it.each(['manual', 'error'] as const)('not with redirect: %s', async (redirect) => {
    await alike(to(303, '/next'), { method: 'POST', headers, body, redirect })
  })

  it('not without end', async () => {
    let requests = 0
    const { base } = await listen((_request, response) => {
      requests += 1
      response.writeHead(307, { location: '/' }).end()
    })
    expect(await tell(send(base, { method: 'POST', body }))).toBe('failed')
    expect(requests).toBe(21)
  })

  it.each<[string, () => BodyInit]>([
    ['a Blob', () => new Blob([body], { type: 'text/x-own' })],
    ['a form', () => new URLSearchParams({ items: '100' })],
    ['nothing', () => ''],
  ])('with a body of %s', async (__, make) => {
    for (const status of [303, 307]) {
      const url = to(status, to(307, '/next'))
      const theirs = await tell(fetch(url, { method: 'POST', body: make() }))
      expect(await tell(send(url, { method: 'POST', body: make() }))).toEqual(theirs)
    }
  })

  it('with a body of bytes, which Node 20 itself cannot send twice', async () => {
    const url = to(308, to(307, '/next'))
    const theirs = await tell(fetch(url, { method: 'POST', body }))
    const init = { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8' } }
    expect(await tell(send(url, { ...init, body: new TextEncoder().encode(body) }))).toEqual(theirs)
  })

  it('and aborts behind one with the reason of the caller', async () => {
    const reason = new Error('left')
    const controller = new AbortController()
    const { base } = await listen((request, response) => {
      if (request.url === '/') response.writeHead(307, { location: '/hang' }).end()
      else setTimeout(() => controller.abort(reason), 5)
    })
    const sending = send(`${base}/`, { method: 'POST', body, signal: controller.signal })
    await expect(sending).rejects.toBe(reason)
  })
})

it.each<[string, Send, Send]>([
  ['a URL', wrapped, fetch],
  // Node 24 itself does not name the referrer of a `Request`.
  ['a Request', (url, init) => wrapped(new Request(url, init)), (url, init) => fetch(new Request(url, init))],
])(
  'createIdempotentFetch, given %s, names the referrer behind a redirect as fetch does',
  async (_, send, theirs) => {
    const init = {
      method: 'POST',
      body,
      referrer: `${here.base}/page`,
      referrerPolicy: 'unsafe-url',
    } as const
    expect(await tell(send(to(307, '/next'), init))).toEqual(await tell(theirs(to(307, '/next'), init)))
  },
)

describe('a redirect is left to fetch itself', () => {
  const native = globalThis.fetch
  afterEach(() => {
    globalThis.fetch = native
  })
  const authorized = (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    request.headers.set('authorization', 'Bearer secret')
    return native(request)
  }

  it.each(hosts)('where somebody has replaced the global one: %s', async (_, send) => {
    globalThis.fetch = authorized
    const { text } = (await tell(send(to(307, `${there.base}/next`), { method: 'POST', body }))) as {
      text: string
    }
    expect(text).toContain('"POST","/next"')
    // What it adds to each request must not reach another origin.
    expect(text).not.toContain('secret')
  })

  it.each(hosts)('in a mode of its own: %s', async (_, send) => {
    const sending = send(to(307, `${there.base}/next`), { method: 'POST', body, mode: 'same-origin' })
    expect(await tell(sending)).toBe('failed')
  })

  it.each(hosts)('where the content is to be checked: %s', async (_, send) => {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('there'))
    const { base } = await listen((request, response) => {
      if (request.url === '/') response.writeHead(307, { location: '/next' }).end('here')
      else response.end('there')
    })
    const integrity = `sha256-${Buffer.from(digest).toString('base64')}`
    expect(await tell(send(base, { method: 'POST', body, integrity }))).toMatchObject({ text: 'there' })
  })
})

it.each(hosts)('%s gives what is behind a redirect as it came', async (_, send) => {
  const { base } = await listen((request, response) => {
    if (request.url === '/') response.writeHead(307, { location: '/next' }).end()
    else response.socket?.end('HTTP/1.1 200 Cr\xe9\xe9\r\ncontent-length: 2\r\n\r\n{}', 'latin1')
  })
  const response = await send(base, { method: 'POST', body })
  expect([response.status, await response.text()]).toEqual([200, '{}'])
})

it.each(['ky 1', 'ky 2'])(
  '%s: who joined a call goes on behind a redirect without its first caller',
  async (name) => {
    const ky = name === 'ky 1' ? ky1 : (ky2 as unknown as typeof ky1)
    let begun = 0
    const onEvent = ({ type }: IdempotencyEvent) => {
      if (type === 'attempt-started') begun += 1
    }
    const api = ky.extend(idempotency({ onEvent }))
    const isHere = withResolvers<void>()
    let lead = () => {}
    const { base } = await listen((request, response) => {
      request.resume().on('end', () => {
        if (request.url !== '/') return void response.writeHead(201).end('{}')
        lead = () => response.writeHead(307, { location: '/next' }).end()
        isHere.resolve()
      })
    })
    const controller = new AbortController()
    const options = { body, context: { idempotencyKey: 'one' }, retry: 0 }
    const first = api.post(base, { ...options, signal: controller.signal }).catch(() => 'left')
    const second = api.post(base, options)
    await isHere.promise
    controller.abort()
    expect(await first).toBe('left')
    lead()
    expect((await second).status).toBe(201)
    expect(begun).toBe(1)
  },
)

it.each(hosts.filter(([name]) => !name.endsWith('a Request')))(
  '%s lets go of the answer that led on',
  async (_, send) => {
    let isLeft: Promise<unknown> | undefined
    const { base } = await listen((request, response) => {
      if (request.url !== '/') return void response.end('there')
      isLeft = new Promise((resolve) => response.on('close', resolve))
      response.writeHead(303, { location: '/next' }).write('and so on')
    })
    expect(await (await send(`${base}/`, { method: 'POST', body })).text()).toBe('there')
    await isLeft
  },
)

it.each(hosts.filter(([name]) => !name.endsWith('a Request')))(
  '%s does not tell the credentials in the URL of a redirect',
  async (_, send) => {
    const location = there.base.replace('//', '//user:secret@')
    const { base } = await listen((_request, response) => response.writeHead(303, { location }).end())
    const error = await send(base, { method: 'POST', body }).catch((caught: unknown) => caught)
    const messages: string[] = []
    for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message)
    expect(messages.join()).toContain('redirects to a URL with credentials')
    expect(messages.join()).not.toContain('secret')
  },
)
