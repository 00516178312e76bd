import { createServer as createSecureServer } from 'node:https'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { beforeAll, describe, expect, it } from 'vitest'
import { readFailure, type FailureVerdict } from '../../src/transport/transport-failure.js'
import { fetchFailed, systemError, thrown } from '../fetch/fakes.js'
import { closedPort, listen } from './loopback.js'
import { selfSigned } from './self-signed.mjs'

const url = 'https://api.test/orders'

describe('readFailure', () => {
  describe('of what the fetch of this Node throws', () => {
    let base = ''
    let securePort = 0
    let closed = 0

    beforeAll(async () => {
      const cut = (response: ServerResponse, headers: Record<string, string>) => {
        response.writeHead(201, headers)
        response.write('half', () => response.socket?.destroy())
      }
      const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
        '/reset': (request) => request.socket.resetAndDestroy(),
        '/close': (request) => request.socket.destroy(),
        '/cut': (_, response) => cut(response, { 'content-length': '100' }),
        '/cut-chunks': (_, response) => cut(response, {}),
        '/garbage': (request) => request.socket.end('this is no HTTP\r\n\r\n'),
        '/hang': () => undefined,
      }
      ;({ base } = await listen((request, response) => {
        const { url: path = '' } = request
        request.resume().on('end', () => {
          if (path.startsWith('/to/'))
            response.writeHead(303, { location: decodeURIComponent(path.slice(4)) }).end()
          else routes[path]?.(request, response)
        })
      }))
      const secure = createSecureServer(selfSigned, (_, response) => response.end()) as unknown as Server
      ;({ port: securePort } = await listen(() => undefined, secure))
      closed = await closedPort()
    })

    const post = async (target: string, init: RequestInit = {}) => {
      const error = await thrown(
        fetch(target, { method: 'POST', body: '{}', ...init }).then((response) => response.text()),
      )
      return readFailure(error, target)
    }

    it.each<[string, () => string, FailureVerdict]>([
      ['a refused connection', () => `http://127.0.0.1:${closed}/`, 'not-sent'],
      ['a refused connection of a name with two addresses', () => `http://localhost:${closed}/`, 'not-sent'],
      ['a name that does not exist', () => 'http://nonexistent.invalid/', 'not-sent'],
      ['a port that fetch blocks', () => 'http://127.0.0.1:1/', 'unsendable'],
      ['a URL without host', () => 'http://', 'unsendable'],
      ['a relative URL', () => '/orders', 'unsendable'],
      ['another scheme', () => 'ftp://127.0.0.1/', 'unsendable'],
      ['a certificate that is self-signed', () => `https://127.0.0.1:${securePort}/`, 'unsendable'],
      ['TLS on a port without', () => base.replace('http:', 'https:'), 'unsendable'],
      ['a reset', () => `${base}/reset`, 'unknown'],
      ['a close', () => `${base}/close`, 'unknown'],
      ['a body cut in half', () => `${base}/cut`, 'unknown'],
      ['a body cut between chunks', () => `${base}/cut-chunks`, 'unknown'],
      ['an answer that is no HTTP', () => `${base}/garbage`, 'unknown'],
    ])('%s', async (_, target, verdict) => {
      expect(await post(target())).toBe(verdict)
    })

    it('a time-out, an abort', async () => {
      expect(await post(`${base}/hang`, { signal: AbortSignal.timeout(20) })).toBe('unknown')
      expect(await post(`${base}/hang`, { signal: AbortSignal.abort() })).toBe('unknown')
    })

    // The first server has answered: it may have done the work.
    it.each<[string, () => string]>([
      ['a refused connection', () => `http://127.0.0.1:${closed}/`],
      ['a name that does not exist', () => 'http://nonexistent.invalid/'],
      ['a certificate that is self-signed', () => `https://127.0.0.1:${securePort}/`],
      ['a URL that is none', () => 'http://a b/'],
      ['another scheme', () => 'ftp://127.0.0.1/'],
    ])('%s at the end of a redirect is unknown', async (_, target) => {
      expect(await post(`${base}/to/${encodeURIComponent(target())}`)).toBe('unknown')
    })
  })

  describe('where the fetch may have followed a redirect', () => {
    const tooLong = (attempted: string) =>
      Object.assign(new Error(`Connect Timeout Error (attempted ${attempted}, timeout: 10000ms)`), {
        code: 'UND_ERR_CONNECT_TIMEOUT',
      })
    const refused = (more: object) => systemError('ECONNREFUSED', 'connect', more)
    it.each<[string, unknown, string, FailureVerdict]>([
      ['the address of a name', refused({ address: '192.0.2.1', port: 443 }), url, 'unknown'],
      ['the address that was addressed', refused({ address: '192.0.2.1' }), 'http://192.0.2.1/', 'not-sent'],
      ['an IPv6 address', refused({ address: '2001:db8::1' }), 'http://[2001:db8::1]/', 'not-sent'],
      ['that of localhost', refused({ address: '::1', port: 80 }), 'http://localhost/', 'not-sent'],
      ['another of loopback', refused({ address: '127.0.0.2', port: 80 }), 'http://localhost/', 'unknown'],
      ['nothing at all', refused({}), url, 'not-sent'],
      ['a name', systemError('ENOTFOUND', 'getaddrinfo', { hostname: 'api.test' }), url, 'not-sent'],
      ['nobody, of a blocked port', new TypeError('bad port'), 'http://api.test:8080/', 'unknown'],
      ['an attempt at the host', tooLong('address: api.test:443'), url, 'not-sent'],
      ['an attempt at another host', tooLong('address: www.test:443'), url, 'unknown'],
      ['attempts at addresses', tooLong('addresses: 192.0.2.1:443, 192.0.2.2:443'), url, 'unknown'],
      ['attempts at the address', tooLong('addresses: 192.0.2.1:80'), 'http://192.0.2.1/', 'not-sent'],
      ['what Bun was asked for', { code: 'ECONNREFUSED', path: url }, url, 'unknown'],
    ])('and the error names %s', (_, error, target, verdict) => {
      expect(readFailure(fetchFailed(error), target, true)).toBe(verdict)
    })
  })

  it.each<[string, string, FailureVerdict]>([
    ['the URL', 'https://api.test/orders', 'not-sent'],
    ['another port', 'https://api.test:8443/orders', 'unknown'],
    ['another host', 'https://api.test.evil/orders', 'unknown'],
  ])('knows by the URL in a message of Deno who refused: %s', (_, named, verdict) => {
    const say = (what: string) =>
      fetchFailed(new TypeError(`error sending request for url (${named}): ${what}`))
    expect(readFailure(say('client error (Connect): tcp connect error'), url)).toBe(verdict)
    expect(readFailure(say('client error (Connect): invalid peer certificate: Expired'), url)).toBe(
      verdict === 'not-sent' ? 'unsendable' : 'unknown',
    )
  })

  describe('by codes and causes', () => {
    it.each<[string, unknown, FailureVerdict]>([
      ['Node', systemError('ECONNREFUSED', 'connect', { port: 443 }), 'not-sent'],
      ['Node', systemError('ENOTFOUND', 'getaddrinfo', { hostname: 'api.test' }), 'not-sent'],
      ['Node', systemError('EAI_AGAIN', 'getaddrinfo', { hostname: 'api.test' }), 'not-sent'],
      ['Node', systemError('ETIMEDOUT', 'connect'), 'not-sent'],
      ['Node', systemError('ENETUNREACH', 'connect'), 'not-sent'],
      ['Node', systemError('EHOSTUNREACH', 'connect'), 'not-sent'],
      ['Node', systemError('ECONNRESET', 'connect'), 'not-sent'],
      ['Node, out of file handles', systemError('EMFILE', 'connect'), 'not-sent'],
      ['Node, while sending', systemError('EACCES', 'write'), 'unknown'],
      ['Node', systemError('ECONNRESET', 'read'), 'unknown'],
      ['Node', systemError('ETIMEDOUT', 'read'), 'unknown'],
      ['Node', systemError('ENETUNREACH', 'write'), 'unknown'],
      ['Node', systemError('EPIPE', 'write'), 'unknown'],
      ['nock', Object.assign(new Error('x'), { code: 'ERR_NOCK_NO_MATCH' }), 'unsendable'],
      [
        'undici’s mocks',
        Object.assign(new Error('x'), { code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED' }),
        'unsendable',
      ],
      ['Node', Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'unsendable'],
      ['Node', Object.assign(new Error('x'), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), 'unsendable'],
      ['Node', Object.assign(new Error('x'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'unsendable'],
      [
        'Node',
        Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'api.test' }),
        'unsendable',
      ],
      [
        'Node, of another host',
        Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'www.test' }),
        'unknown',
      ],
      ['Node, of another host', systemError('ENOTFOUND', 'getaddrinfo', { hostname: 'www.test' }), 'unknown'],
      ['Node, of another port', systemError('ECONNREFUSED', 'connect', { port: 80 }), 'unknown'],
      ['Node', Object.assign(new Error('x'), { code: 'EPROTO' }), 'unknown'],
      ['undici', Object.assign(new Error('x'), { code: 'UND_ERR_CONNECT_TIMEOUT' }), 'not-sent'],
      ['undici', Object.assign(new Error('x'), { code: 'UND_ERR_HEADERS_TIMEOUT' }), 'unknown'],
      ['undici', Object.assign(new Error('x'), { code: 'UND_ERR_BODY_TIMEOUT' }), 'unknown'],
      ['undici', Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }), 'unknown'],
      ['undici', Object.assign(new Error('x'), { code: 'UND_ERR_ABORTED' }), 'unknown'],
      ...[
        'UND_ERR_INVALID_ARG',
        'UND_ERR_NOT_SUPPORTED',
        'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
        'UND_ERR_CLOSED',
        'UND_ERR_BPL_MISSING_UPSTREAM',
        'UND_ERR_MAX_ORIGINS_REACHED',
      ].map((code): [string, unknown, FailureVerdict] => [
        'undici',
        Object.assign(new Error('x'), { code }),
        'unsendable',
      ]),
      ['undici', Object.assign(new Error('x'), { code: 'UND_ERR_DESTROYED' }), 'unknown'],
      ['undici', Object.assign(new Error('x'), { code: 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' }), 'unknown'],
      ['undici', new Error('URL scheme must be a HTTP(S) scheme'), 'unknown'],
    ])('%s: %s', (_, cause, verdict) => {
      expect(readFailure(fetchFailed(cause), url)).toBe(verdict)
      expect(readFailure(cause, url)).toBe(verdict)
    })

    it.each<[string, unknown, FailureVerdict]>([
      [
        'Bun',
        Object.assign(new Error('Unable to connect. Is the computer able to access the url?'), {
          code: 'ConnectionRefused',
          path: url,
          errno: 0,
        }),
        'not-sent',
      ],
      ['Bun', Object.assign(new Error('x'), { code: 'FailedToOpenSocket', path: url }), 'not-sent'],
      [
        'Bun',
        Object.assign(new Error('The socket connection was closed unexpectedly'), { code: 'ECONNRESET' }),
        'unknown',
      ],
      ['Bun', Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'unsendable'],
      [
        'Deno',
        new TypeError(
          `error sending request for url (${url}): client error (Connect): tcp connect error: Connection refused (os error 111)`,
        ),
        'not-sent',
      ],
      [
        'Deno',
        new TypeError(
          `error sending request for url (${url}): client error (SendRequest): connection closed before message completed`,
        ),
        'unknown',
      ],
      [
        'Deno',
        new TypeError(
          `error sending request for url (${url}): client error (Connect): invalid peer certificate: UnknownIssuer`,
        ),
        'unsendable',
      ],
      [
        'Bun, of another host',
        Object.assign(new Error('x'), { code: 'ConnectionRefused', path: 'https://www.test/' }),
        'unknown',
      ],
      [
        'Deno, of another host',
        new TypeError('error sending request for url (https://www.test/): client error (Connect): refused'),
        'unknown',
      ],
      ['Chromium', new TypeError('Failed to fetch'), 'unknown'],
      ['Firefox', new TypeError('NetworkError when attempting to fetch resource.'), 'unknown'],
      ['Safari', new TypeError('Load failed'), 'unknown'],
      ['workerd', new Error('Network connection lost.'), 'unknown'],
    ])('%s: %s', (_, error, verdict) => {
      expect(readFailure(error, url)).toBe(verdict)
    })

    it.each([
      ['Chromium', "Failed to execute 'fetch' on 'Window': Failed to parse URL from http://"],
      ['Firefox', 'Window.fetch: http:// is not a valid URL.'],
    ])('%s, of a URL: %s', (_, message) => {
      expect(readFailure(new TypeError(message), 'http://')).toBe('unsendable')
      expect(readFailure(new TypeError(message), url)).toBe('unknown')
    })

    it.each([
      "Failed to execute 'fetch' on 'Window': Request cannot be constructed from a URL that includes credentials: /",
      'Window.fetch: http://a:b@api.test/ is an url with embedded credentials.',
      'URL is not valid or contains user credentials.',
      'Failed to parse URL from [object Request]',
    ])('of a request that cannot be sent: %s', (message) => {
      expect(readFailure(new TypeError(message), '/orders')).toBe('unsendable')
    })

    it.each(['Request failed: [object Object]', '[object Response]', 'The credentials have expired'])(
      'not of what a fetch of the user’s own says of an answer: %s',
      (message) => {
        expect(readFailure(new TypeError(message), '/orders')).toBe('unknown')
      },
    )

    const connect = (code: string) => systemError(code, 'connect', { port: 443 })
    it.each<[string, unknown[], FailureVerdict]>([
      ['that all say so', [connect('ECONNREFUSED'), connect('ENETUNREACH')], 'not-sent'],
      [
        'of which one says otherwise',
        [connect('ECONNREFUSED'), systemError('ECONNRESET', 'read')],
        'unknown',
      ],
      ['that disagree', [connect('ECONNREFUSED'), { code: 'CERT_HAS_EXPIRED' }], 'unknown'],
      [
        'inside of each other',
        [new AggregateError([connect('ECONNREFUSED')]), connect('ECONNREFUSED')],
        'not-sent',
      ],
      ['that say nothing', [new Error('x')], 'unknown'],
    ])('an AggregateError of failures %s', (_, errors, verdict) => {
      expect(readFailure(fetchFailed(new AggregateError(errors)), url)).toBe(verdict)
      // Happy eyeballs puts the code of the last failure on top.
      const coded = Object.assign(new AggregateError(errors), { code: 'ECONNREFUSED' })
      expect(readFailure(fetchFailed(coded), url)).toBe(verdict)
    })

    it('an AggregateError of nothing goes by its own code', () => {
      expect(readFailure(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), url)).toBe(
        'not-sent',
      )
    })

    it.each([undefined, null, 'ECONNREFUSED', 42, {}, { code: 7 }, { message: 5 }, Symbol('x')])(
      'something else: %s',
      (error) => {
        expect(readFailure(error, url)).toBe('unknown')
      },
    )

    it('a cause that leads round in a circle', () => {
      const error = new Error('x') as Error & { cause?: unknown }
      error.cause = error
      expect(readFailure(error, url)).toBe('unknown')
    })

    it('without knowing the target', () => {
      expect(readFailure(fetchFailed(connect('ECONNREFUSED')))).toBe('not-sent')
    })

    it.each([
      ['https://[::1]:8443/', { port: 8443, host: '::1' }],
      ['http://api.test', { port: 80, hostname: 'API.test' }],
    ])('compares hosts as they are written: %s', (target, facts) => {
      expect(readFailure(systemError('ECONNREFUSED', 'connect', facts), target)).toBe('not-sent')
    })
  })
})
