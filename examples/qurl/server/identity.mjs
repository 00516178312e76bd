// @ts-check
import { createECDH, createHash } from 'node:crypto'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** What stands before the point of every P-256 key in a SubjectPublicKeyInfo. */
const SPKI_HEAD = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')

/** @param {Buffer} bytes */
function base32(bytes) {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[parseInt(five.padEnd(5, '0'), 2)]).join('')
}

/** @param {Buffer} bytes */
function crc32c(bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return (crc ^ 0xffffffff) >>> 0
}

/** The CRID of a public key: version, digest and checksum. @param {Buffer} der */
export function cridOf(der) {
  const digest = createHash('sha256').update('NHP-QURL-CRID-V1\0').update(der).digest()
  const content = Buffer.concat([Buffer.of(1), digest])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32c(content))
  return base32(Buffer.concat([content, checksum]))
}

/**
 * The identity of a resource: a public key, and the CRID that is made from it. The same seed gives the same key.
 *
 * @param {string} seed
 */
export function identityOf(seed) {
  const pair = createECDH('prime256v1')
  pair.setPrivateKey(createHash('sha256').update(seed).digest())
  const der = Buffer.concat([SPKI_HEAD, pair.getPublicKey()])
  return { resource_id: der.toString('base64url'), crid: cridOf(der) }
}

/** How traffic finds a connector. @param {string} seed */
export const routingIdOf = (seed) => `c-${base32(createHash('sha256').update(seed).digest())}`
