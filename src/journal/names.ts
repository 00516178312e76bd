import { writeKey, writeParts, type KeyPart } from '../key/derive-key.js'
import { createDigest } from '../key/digest.js'
import type { KeyRules } from '../key/key-rules.js'

/** What the names and keys of a journal are derived from. */
export interface NamingOptions {
  readonly namespace: string
  readonly secret: string | undefined
}

/** Makes the names under which a store keeps entries, and the keys that follow from names. */
export interface Naming {
  /** A digest of some parts, 32 hex digits: 128 bits, as in a UUID. Stores write half as many pages as with all of it. */
  readonly name: (domain: string, ...parts: readonly KeyPart[]) => string
  /** The key that follows from some parts. */
  readonly key: (rules: KeyRules, domain: string, ...parts: readonly KeyPart[]) => string
  /** A digest of texts, of which any may be empty. */
  readonly seal: (...texts: readonly string[]) => string
  /** The digest of bytes, without a secret. */
  readonly digest: (bytes: Uint8Array) => string
  readonly hasSecret: boolean
}

/** Names under a namespace; under a secret as well, nobody else can compute them. */
export function createNaming({ namespace, secret }: NamingOptions): Naming {
  const digest = createDigest(secret)
  const write = (domain: string, parts: readonly KeyPart[]) =>
    digest(
      writeParts(
        `${domain} ${namespace.length}:${namespace}`,
        parts,
        () => `the id of the ${domain.replace('key of ', '')}`,
      ),
    )
  return {
    name: (domain, ...parts) => write(domain, parts).slice(0, 32),
    key: (rules, domain, ...parts) => writeKey(write(`key of ${domain}`, parts), rules),
    seal: (...texts) => digest(texts.map((text) => `${text.length}:${text}`).join('')),
    digest: secret === undefined ? digest : createDigest(),
    hasSecret: secret !== undefined,
  }
}
