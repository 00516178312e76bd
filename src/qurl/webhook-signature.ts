import { RuntimeError } from './errors.js'
import { describeShape, invalid } from './validate.js'

/** A request body exactly as it arrived. */
export type WebhookBody = string | ArrayBuffer | ArrayBufferView

/** A header as `Headers.get()` gives it, or as `request.headers` of Node does. */
export type WebhookHeader = string | readonly string[] | null | undefined

/**
 * Tells whether a webhook delivery was signed with your secret. Give it the body exactly as it arrived: parsing and
 * serializing it again changes the bytes. The signature has no timestamp, so keep the `id` of every event that
 * you have handled: it is signed, and tells an event that comes twice.
 *
 * @param body - The raw request body.
 * @param signature - The `QURL-Signature` header: the lowercase hex HMAC-SHA256 of the body.
 * @param secret - The webhook's secret (`whsec_…`), or several of them while you change it.
 * @returns `false` for a signature that is missing, malformed or made with another secret or for another body.
 * @throws {@link ValidationError} when the body is not raw or the secret is empty.
 * @throws {@link RuntimeError} when the runtime has no Web Crypto.
 *
 * @example
 * ```ts
 * const body = await request.text()
 * if (!(await verifyWebhookSignature(body, request.headers.get('QURL-Signature'), secret))) {
 *   return new Response(null, { status: 401 })
 * }
 * ```
 */
export async function verifyWebhookSignature(
  body: WebhookBody,
  signature: WebhookHeader,
  secret: string | readonly string[],
): Promise<boolean> {
  const raw = readRaw(body)
  if (raw === undefined) {
    throw invalid(`verifyWebhookSignature: body must be the raw string or bytes (got ${describeShape(body)})`)
  }
  const secrets = typeof secret === 'string' ? [secret] : secret
  if (
    !Array.isArray(secrets) ||
    secrets.length === 0 ||
    !secrets.every((one) => typeof one === 'string' && one !== '')
  ) {
    throw invalid('verifyWebhookSignature: secret must be a non-empty string')
  }
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined) throw new RuntimeError('verifyWebhookSignature needs Web Crypto (crypto.subtle)')

  const given = parseHex(Array.isArray(signature) && signature.length === 1 ? signature[0] : signature)
  if (given === undefined) return false
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  let matches = false
  for (const one of secrets) {
    const key = await subtle.importKey('raw', new TextEncoder().encode(one), hmac, false, ['verify'])
    // `verify` compares in constant time, and every secret is tried.
    if (await subtle.verify(hmac, key, given, raw)) matches = true
  }
  return matches
}

/** The bytes of a raw body, `undefined` for anything else. They are copied: Web Crypto takes no memory that threads share. */
export function readRaw(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof body === 'string') return new TextEncoder().encode(body)
  try {
    return copyBytes(body)
  } catch {
    // The memory was handed to another thread.
    return undefined
  }
}

function copyBytes(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  const kind = Object.prototype.toString.call(body)
  if (kind === '[object ArrayBuffer]' || kind === '[object SharedArrayBuffer]')
    return new Uint8Array(new Uint8Array(body as ArrayBuffer))
  if (!ArrayBuffer.isView(body)) return undefined
  return new Uint8Array(new Uint8Array(body.buffer, body.byteOffset, body.byteLength))
}

/** The 32 bytes behind 64 lowercase hex digits; anything else is not a signature. */
function parseHex(text: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string' || !/^[0-9a-f]{64}$/.test(text)) return undefined
  return Uint8Array.from({ length: 32 }, (_, index) =>
    Number.parseInt(text.slice(index * 2, index * 2 + 2), 16),
  )
}
