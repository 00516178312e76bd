import { RuntimeError } from '../errors.js'
import { parseCrid } from './parse-crid.js'

const domain = new TextEncoder().encode('NHP-QURL-CRID-V1\0')

/** @throws {@link RuntimeError} when the runtime has no Web Crypto, as browsers on plain HTTP. */
export function needSubtle(what: string): SubtleCrypto {
  const subtle = globalThis.crypto?.subtle
  if (subtle === undefined) throw new RuntimeError(`${what} needs Web Crypto (crypto.subtle)`)
  return subtle
}

/** The digest of which a CRID holds the first bytes, or all. */
export async function digestKey(subtle: SubtleCrypto, der: Uint8Array): Promise<Uint8Array> {
  const input = new Uint8Array(domain.length + der.length)
  input.set(domain)
  input.set(der, domain.length)
  return new Uint8Array(await subtle.digest('SHA-256', input))
}

/** Whether a digest is the one in a CRID, as far as the CRID holds it. */
export function fitsDigest(crid: Uint8Array, digest: Uint8Array): boolean {
  let difference = crid.length > digest.length ? 1 : 0
  for (const [at, byte] of crid.entries()) difference |= byte ^ (digest[at] ?? 0)
  return difference === 0
}

/** A P-256 public key as the service writes it: unpadded base64url of its SubjectPublicKeyInfo, whose head never changes. */
const publicKeyForm = /^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[\w-]{86}$/

/** The bytes of a resource's public key; `undefined` for an id of another form, such as `r_…`. */
export function readPublicKey(id: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof id !== 'string' || !publicKeyForm.test(id)) return undefined
  const binary = atob(id.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0))
  // The last character has bits that stand for nothing; only zeros there are canonical.
  const canonical = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  return canonical === id ? bytes : undefined
}

/**
 * Says what is wrong with a resource's identity, or nothing: its CRID must be made from its public key, and the key must be
 * one.
 */
export async function findIdentityProblem(
  subtle: SubtleCrypto,
  crid: unknown,
  resourceId: unknown,
): Promise<string | undefined> {
  const parsed = parseCrid(crid)
  if (parsed === undefined) return 'the answer has no valid crid'
  const der = readPublicKey(resourceId)
  if (der === undefined) return 'the resource_id is no public key'
  try {
    await subtle.importKey('spki', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  } catch {
    return 'the resource_id is no P-256 public key'
  }
  return fitsDigest(parsed.digest, await digestKey(subtle, der))
    ? undefined
    : 'the crid is not the one of the resource_id'
}
