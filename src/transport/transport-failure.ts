import { connectTargetOf, type ConnectTarget } from './connect-errors.js'
import { isTypeError, webClass } from './web-shapes.js'

/** What a failure to get an answer tells: whether the request can have reached a server. */
export type FailureVerdict = 'not-sent' | 'unsendable' | 'unknown'

/** Said only before a connection exists, whatever the runtime: Node's names, then undici's, then Bun's. */
const notSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_[A-Z]+|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket)$/

/** The request itself is refused, by this side; nock and the mocks of undici, too, refuse what they do not expect. */
const unsendable =
  /^(?:ERR_INVALID_(?:CHAR|HTTP_TOKEN)|UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH|CLOSED|BPL_MISSING_UPSTREAM|MAX_ORIGINS_REACHED)|ERR_NOCK_NO_MATCH|UND_MOCK_ERR_MOCK_NOT_MATCHED)$/

/** The server's certificate is refused. Deno gives no codes. */
const badCertificate =
  /^(?:[A-Z_]+_)?CERT(?:_|$)|^(?:UNABLE_TO_(?:GET|VERIFY)_|HOSTNAME_MISMATCH|ERR_SSL_WRONG_VERSION_NUMBER$)/
const badCertificateMessage = /invalid peer certificate/

/** undici has no codes for what the fetch standard blocks. */
const badUrlMessage =
  /invalid url|not a valid url|url is invalid|(?:^|: )failed to parse url|^unknown scheme$|\burl\b.*\bcredentials/i
/** The handshake was cut, or a proxy could not reach the server: no byte of the request has left. */
const notConnectedMessage =
  /before secure TLS connection was established|^Proxy response \(\d+\) !== 200 when HTTP Tunneling|tunneling socket could not be established/

/** The proxy wants a password: to ask again would not help. */
const proxyRefusedMessage = /^Proxy response \(407\) |proxy authentication required|\b407\b.*CONNECT tunnel/i
const notSentMessage = /client error \(Connect\)/

/** What a fetch refuses of an answer, or of its own rules: the same request would meet it again. */
const deterministicMessage =
  /^(?:a body that streams must give bytes|unexpected redirect|redirect count exceeded|more than \d+ redirects|integrity mismatch|cors failure|blocked|cross origin not allowed.*|URL scheme must be a HTTP\(S\) scheme|a redirect (?:to|with) .*|invalid (?:redirect|location).*|uri requested responds with .*redirect.*|maximum redirect reached.*)/i

/** Whether a failure would come again however often the request is sent, though it may have been executed. */
export function isDeterministic(error: unknown): boolean {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const { code, message, cause } = readError(at)
    if (
      says(code, /^UND_ERR_(?:REQ_CONTENT_LENGTH_MISMATCH|DESTROYED)$/) ||
      says(message, deterministicMessage)
    )
      return true
    at = cause
  }
  return false
}

/**
 * Whether a fetch does not take the class of a signal. What it says is not enough: a fetch of the user's may say so after it has
 * sent. So the runtime's own `Request` has to refuse that signal as well, as nothing that is built on it can have sent then.
 */
export function isSignalRefused(error: unknown, signal: AbortSignal): boolean {
  if (!isTypeError(error)) return false
  const { message, cause } = readError(error)
  if (cause !== undefined || !says(message, /\bsignal\b.*\bAbortSignal\b/)) return false
  try {
    return new (webClass('Request'))('http://a', { signal }).method === ''
  } catch {
    // Or there is none: then its word has to do.
    return true
  }
}

const behindRedirect = Symbol('behind a redirect')

/** What went wrong behind a redirect tells nothing of the write, which may have been applied before it. */
export class LostBehindRedirect extends TypeError {
  readonly [behindRedirect] = true
}

function isBehindRedirect(error: object): boolean {
  try {
    return behindRedirect in error
  } catch {
    return false
  }
}

/** Where a member of it is a revoked proxy, even to ask whether it is a list throws. */
function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value) && value.length > 0
  } catch {
    return false
  }
}

interface SystemError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly port?: unknown
  readonly hostname?: unknown
  readonly address?: unknown
  readonly host?: unknown
  readonly path?: unknown
  readonly message?: unknown
  readonly cause?: unknown
  readonly errors?: unknown
}

/** An error whose members cannot be read tells nothing. */
function readError(error: object): SystemError {
  const read: Record<string, unknown> = {}
  for (const name of parts) {
    try {
      read[name] = (error as Record<string, unknown>)[name]
    } catch {
      // A getter that throws, or a proxy that was revoked.
    }
  }
  return read
}

/** How many of the errors of an attempt at several addresses are read: they may hold each other. */
const maxErrors = 32

const parts = 'code,syscall,port,hostname,address,host,path,message,cause,errors'.split(',')

function says(text: unknown, pattern: RegExp): text is string {
  return typeof text === 'string' && pattern.test(text)
}

function parse(url: unknown): URL | undefined {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
}

/**
 * Whether a failure is about another server than the one that was addressed, or may be: then that one has answered with a
 * redirect, and the write may have been applied.
 */
function isElsewhere(
  { port, hostname, host = hostname, address, path, message }: SystemError,
  target: URL,
  mayHaveMoved: boolean,
): boolean {
  const ownHost = target.hostname.replace(/^\[|\]$/g, '')
  const ownPort = target.port || (target.protocol === 'https:' ? '443' : '80')
  const isAddress = /^[\d.]+$|:/.test(ownHost)
  const isLoopback = ownHost === 'localhost' && /^(?:127\.0\.0\.1|::1)$/.test(String(address))
  const url = parse(path)
  const attempted = /attempted address(?:es)?: ([^,)]+)/.exec(String(message))?.[1]
  return (
    // Bun, which names the URL that was asked for first.
    (url !== undefined && (mayHaveMoved || url.host !== target.host)) ||
    (typeof port === 'number' && String(port) !== ownPort) ||
    (typeof host === 'string' && host.toLowerCase() !== ownHost) ||
    // undici, when the connection takes too long.
    (mayHaveMoved && attempted !== undefined && attempted !== `${ownHost}:${ownPort}`) ||
    // Node, which does not name the host whose address it has looked up.
    (typeof address === 'string' && address !== ownHost && (isAddress || (mayHaveMoved && !isLoopback)))
  )
}

/** Whether a connection that could not be made was that of the request, and not of where a redirect has led. */
function isFor(
  { hostname, port, protocol }: ConnectTarget,
  target: URL | undefined,
  mayHaveMoved: boolean,
): boolean {
  if (!mayHaveMoved || target === undefined) return true
  const portOf = (given: unknown, scheme: unknown) => String(given || (scheme === 'https:' ? 443 : 80))
  return (
    hostname === target.hostname &&
    protocol === target.protocol &&
    portOf(port, protocol) === portOf(target.port, protocol)
  )
}

/** Deno has the URL in its messages, that of where a redirect has led. */
function isOfOther(message: unknown, target: URL | undefined): boolean {
  return (
    target !== undefined &&
    / for url \(/.test(String(message)) &&
    !String(message).includes(`(${target.origin}/`)
  )
}

/**
 * Reads the error of a fetch that was to send to `url`. Only what provably happened before anything was sent is
 * `not-sent`; a runtime that does not say (browsers) gives `unknown`. Where the fetch may have followed a redirect of a
 * write (`mayHaveMoved`), a connection that failed may be that of where it led.
 */
export function readFailure(error: unknown, url?: string, mayHaveMoved = false, depth = 0): FailureVerdict {
  const target = parse(url)
  for (let at = error; typeof at === 'object' && at !== null && depth < 8; depth += 1) {
    const system = readError(at)
    const { code, syscall, message, cause, errors } = system
    if (isList(errors)) {
      const verdicts = [...new Set(errors)]
        .slice(0, maxErrors)
        .map((one) => readFailure(one, url, mayHaveMoved, depth + 3))
      const [verdict, ...others] = new Set(verdicts)
      return others.length > 0 ? 'unknown' : (verdict as FailureVerdict)
    }
    if (isBehindRedirect(at)) return 'unknown'
    // Before what it says itself: the address that it names may be that of a proxy.
    if (says(message, proxyRefusedMessage)) return 'unsendable'
    const connecting = connectTargetOf(at)
    if (connecting !== undefined && !says(code, badCertificate) && isFor(connecting, target, mayHaveMoved))
      return 'not-sent'
    if (target !== undefined && isElsewhere(system, target, mayHaveMoved)) return 'unknown'
    // Of a broken connection too, unless the system call was the one that opens it.
    if (says(code, notSent) || syscall === 'connect') return 'not-sent'
    if (says(message, notConnectedMessage) && !mayHaveMoved) return 'not-sent'
    if (says(code, unsendable)) return 'unsendable'
    if (says(code, badCertificate) || says(message, badCertificateMessage))
      return target?.protocol === 'http:' || isOfOther(message, target) ? 'unknown' : 'unsendable'
    // A `Request` of another class than the fetch's, read as a URL.
    if (says(message, /\[object Request\]/)) return 'unsendable'
    if (says(message, badUrlMessage))
      return target && /^https?:\/\/[^@/]*\//.test(target.href) ? 'unknown' : 'unsendable'
    if (message === 'bad port') return mayHaveMoved || target?.port === '' ? 'unknown' : 'unsendable'
    if (says(message, notSentMessage)) return isOfOther(message, target) ? 'unknown' : 'not-sent'
    at = cause
  }
  return 'unknown'
}
