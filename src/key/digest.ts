import { hmacSha256, sha256 } from './sha256.js'

/** Makes the SHA-256 digest of text (as UTF-8) or bytes, at once: 64 lower-case hex digits. */
export type Digest = (content: string | Uint8Array) => string

/** The part of `node:crypto` that is used. `hash` is newer than `createHash` and takes a third of its time. */
interface NodeCrypto {
  hash?(algorithm: string, content: string | Uint8Array): string
  createHmac(
    algorithm: string,
    secret: string,
  ): { update(content: string | Uint8Array): { digest(as: 'hex'): string } }
}

const octets = /* @__PURE__ */ Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** Bytes in lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 1) text += octets[bytes[at] as number]
  return text
}

/**
 * A digest, under a secret where there is one (HMAC). Uses the runtime's `node:crypto` where it can be had without an import,
 * which takes a tenth of the time; `crypto.subtle` is asynchronous.
 */
export function createDigest(secret?: string): Digest {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }
  const node = process?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined
  if (node?.hash !== undefined)
    return secret === undefined
      ? (content) => (node.hash as NonNullable<NodeCrypto['hash']>)('sha256', content)
      : (content) => node.createHmac('sha256', secret).update(content).digest('hex')
  const encoder = new TextEncoder()
  const toBytes = (content: string | Uint8Array) =>
    typeof content === 'string' ? encoder.encode(content) : content
  if (secret === undefined) return (content) => toHex(sha256(toBytes(content)))
  const key = encoder.encode(secret)
  return (content) => toHex(hmacSha256(key, toBytes(content)))
}
