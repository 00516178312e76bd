import { toHex } from '../key/digest.js'
import type { JournalCall } from '../operation/operation-journal.js'
import { toBase64 } from './base64.js'
import type { KeptRequest } from './entry-value.js'
import type { Naming } from './names.js'

/** A call's URL without user info, query and fragment, any of which can hold secrets. */
export function shownUrl(url: string): string {
  const bare = url.replace(/[?#].*$/s, '')
  if (!URL.canParse(bare)) return bare.replace(/\/\/[^/]*@/, '//')
  const { origin, protocol, host, pathname } = new URL(bare)
  return origin === 'null' ? `${protocol}//${host}${pathname}` : origin + pathname
}

function withoutFragment(url: string): string {
  return url.replace(/#.*$/s, '')
}

/** Whether a method only reads, so that a run need not remember it. */
export function isRead(method: string): boolean {
  return /^(?:GET|HEAD|OPTIONS|TRACE)$/.test(method)
}

/** Longer bodies are left to `crypto.subtle`, which does not hold up the event loop. */
const longBytes = 16_384

/**
 * The digest of what a call sends: method, URL and body. Under a secret, nobody who reads the store can try out payloads.
 */
export function fingerprintOf(
  naming: Naming,
  { method, url }: JournalCall,
  body: Uint8Array,
): string | Promise<string> {
  const seal = (digest: string) => naming.seal(method, withoutFragment(url), digest)
  const subtle = body.length > longBytes ? globalThis.crypto?.subtle : undefined
  return subtle === undefined
    ? seal(naming.digest(body))
    : subtle
        .digest('SHA-256', body as Uint8Array<ArrayBuffer>)
        .then((digest) => seal(toHex(new Uint8Array(digest))))
}

/** Headers that say how to read a payload or when to act on it, and that hold no secret. All others are left out. */
const keptHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-type',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-unmodified-since',
  'prefer',
])

/** Names of query parameters that hold a credential, each word by its last part: `api_key`, `accessKey`, `X-Amz-Signature`. */
const secretParameter =
  /(?:^|[-_.])(?:assertion|auth|authorization|bearer|code|credential|hmac|jwt|key|otp|pass|passwd|pwd|sas|sid|sig|signature|ticket)s?$|(?:apikey|passphrase|password|secret|session|sess[-_]?id|session[-_]?id|token)s?$/i
const camelCase = /[a-z](?:Auth|Code|Key|Pass|Sig|Signature|Ticket)s?$/

function hasSecret({ username, password, searchParams }: URL): boolean {
  return (
    username !== '' ||
    password !== '' ||
    [...searchParams.keys()].some((name) => secretParameter.test(name) || camelCase.test(name))
  )
}

/**
 * A request as it can be kept: without headers that may hold a secret. `undefined` when its URL holds one, as the request
 * could not be made again without it.
 */
export function keepRequest(
  { url, headers }: JournalCall,
  body: Uint8Array,
  keepHeaders: ReadonlySet<string>,
): KeptRequest | undefined {
  if (!URL.canParse(url) || hasSecret(new URL(url))) return undefined
  const kept: [string, string][] = []
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (keptHeaders.has(lower) || keepHeaders.has(lower)) kept.push([lower, value])
  }
  return { url: withoutFragment(url), headers: kept, body: toBase64(body) }
}
