import { checkOptions } from '../errors/check-option.js'
import { createDigest } from './digest.js'
import { findKeyProblem, type KeyRules } from './key-rules.js'

/** A part of what a key is derived from. */
export type KeyPart = string | number | bigint

/** Options of {@link createKeyDeriver}. */
export interface KeyDeriverOptions {
  /**
   * Makes the keys ones that nobody else can compute: they are an HMAC under this secret. Give it where somebody who knows
   * the parts must not be able to guess the key, such as another tenant of the same account. It must never change.
   *
   * @defaultValue none: anybody who knows the parts can compute the key
   */
  readonly secret?: string | undefined
  /** The contract whose limits the keys have to fit. @defaultValue none: keys are UUIDs, which most servers take */
  readonly contract?: { readonly keyRules: KeyRules } | undefined
}

/** A half of a surrogate pair that stands alone: all such halves would be written as the same bytes. */
const loneSurrogate = /\p{Surrogate}/u

function writePart(part: unknown, name: () => string): string {
  const isNumber = typeof part === 'number'
  if (typeof part !== 'string' && typeof part !== 'bigint' && !isNumber)
    throw new TypeError(
      `${name()} must be a string, a number or a bigint, not ${part === null ? 'null' : typeof part}`,
    )
  if (isNumber && !Number.isSafeInteger(part))
    throw new RangeError(`${name()} must be a safe integer when it is a number`)
  const text = String(part).normalize('NFC')
  if (text === '') throw new RangeError(`${name()} is empty`)
  if (loneSurrogate.test(text)) throw new RangeError(`${name()} is not well-formed Unicode`)
  return text
}

/**
 * The parts as text, so that no two lists of parts give the same: each is preceded by its length. A number and the text
 * that it is written as are the same part, as an id may come as either from a database and from JSON.
 *
 * @throws `TypeError` or `RangeError`, which calls the part as `nameOf` does, for one that is missing, empty or ambiguous.
 */
export function writeParts(
  domain: string,
  parts: readonly unknown[],
  nameOf = (place: number) => `deriveKey: part ${place}`,
): string {
  if (parts.length === 0) throw new RangeError('deriveKey: there are no parts')
  const texts = [
    `fetch-idempotency ${domain}`,
    ...parts.map((part, index) => writePart(part, () => nameOf(index + 1))),
  ]
  return texts.map((text) => `${text.length}:${text}`).join('')
}

function toUuid(hex: string, version: string): string {
  const variant = '89ab'[parseInt(hex.charAt(16), 16) & 3] as string
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Fewest hex digits that a key may be cut to: 96 bits, by which a billion keys are told apart. */
const leastDigits = 24

/** Writes a digest, in hex digits, as a key that fits the rules, the most widely accepted form first. */
export function writeKey(hex: string, rules: KeyRules | undefined): string {
  // Version 8 is for what is derived in a way of one's own (RFC 9562, section 5.8). Some servers take only version 4.
  const forms = [toUuid(hex, '8'), toUuid(hex, '4'), hex.slice(0, 32), hex.slice(0, leastDigits), hex]
  const key = forms.find((form) => rules === undefined || findKeyProblem(form, rules) === undefined)
  if (key === undefined)
    throw new RangeError(
      'deriveKey: no derived key fits the key rules of the contract: give keys of your own',
    )
  return key
}

/**
 * Makes a {@link deriveKey} whose keys nobody else can compute, or that fit the limits of a contract.
 *
 * @throws `TypeError` for an option that cannot work; the function that it gives, for what {@link deriveKey} throws.
 *
 * @example
 * ```ts
 * import { createKeyDeriver } from 'fetch-idempotency/journal'
 * import { square } from 'fetch-idempotency/contracts'
 *
 * const keyOf = createKeyDeriver({ contract: square, secret: 'never changes' })
 * console.log(keyOf('charge', 'order-17').length <= 45) // => true
 * ```
 */
export function createKeyDeriver(options: KeyDeriverOptions = {}): (...parts: readonly KeyPart[]) => string {
  checkOptions('createKeyDeriver', options, { secret: 'string', contract: 'object' })
  const { secret, contract } = options
  if (secret === '') throw new RangeError('createKeyDeriver.secret must not be empty')
  const digest = createDigest(secret)
  return (...parts) => writeKey(digest(writeParts('key', parts)), contract?.keyRules)
}

/**
 * Derives an idempotency key from what the write is for, so that every run of the same job sends the same key: a UUID
 * (version 8). Parts are told apart by place and length: `('a', 'bc')` and `('ab', 'c')` give different keys; `17` and
 * `'17'` give the same.
 *
 * Take parts that the business knows (the kind of write, the order's id), and never the id of a try, a time or a random
 * number. Anybody who knows the parts can compute the key: {@link createKeyDeriver} takes a secret.
 *
 * @throws `TypeError` for a part that is no string, number or bigint, `RangeError` for one that is empty, no safe integer or
 * malformed: `deriveKey('charge', order.id)` with an id that is missing must not be the key of all orders.
 *
 * @example
 * ```ts
 * import { deriveKey } from 'fetch-idempotency/journal'
 *
 * console.log(deriveKey('charge', 'order-17')) // => 0818dfed-59e3-8d93-a532-ce553831e673
 * ```
 */
export function deriveKey(...parts: readonly KeyPart[]): string {
  return writeKey(createDigest()(writeParts('key', parts)), undefined)
}
