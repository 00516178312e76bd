import { describeShape, invalid } from '../validate.js'
import { crc32c } from './crc32c.js'

/** What a CRID holds. */
export interface ParsedCrid {
  readonly version: number
  /** The first 24, or all 32, bytes of the digest of the resource's public key. */
  readonly digest: Uint8Array
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** Lower-case base32 without padding whose left-over bits are zero, or nothing. */
function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  let bits = 0
  let count = 0
  let at = 0
  for (const letter of text) {
    const value = alphabet.indexOf(letter)
    if (value < 0) return undefined
    bits = (bits << 5) | value
    count += 5
    if (count < 8) continue
    count -= 8
    bytes[at] = bits >> count
    at += 1
    bits &= (1 << count) - 1
  }
  return bits === 0 ? bytes : undefined
}

/**
 * Reads a CRID: the public name of a resource, 60 or 47 characters of base32 that hold a version, a digest of the resource's
 * public key and a checksum.
 *
 * @returns `undefined` for anything else.
 */
export function parseCrid(text: unknown): ParsedCrid | undefined {
  if (typeof text !== 'string' || (text.length !== 60 && text.length !== 47)) return undefined
  const bytes = decodeBase32(text)
  const [version] = bytes ?? []
  if (bytes === undefined || version === undefined || version === 0) return undefined
  const end = bytes.length - 4
  const checksum = new DataView(bytes.buffer).getUint32(end)
  return checksum === crc32c(bytes.subarray(0, end)) ? { version, digest: bytes.slice(1, end) } : undefined
}

/**
 * Refuses what is no CRID.
 *
 * @throws {@link ValidationError} whose text never shows the value, which may be a pasted secret.
 */
export function checkCrid(method: string, value: unknown): string {
  if (parseCrid(value) !== undefined) return value as string
  const shape = typeof value === 'string' ? 'another text' : describeShape(value)
  throw invalid(`${method}: requires a valid CRID (got ${shape})`)
}
