import {
  ERROR_CODE_CRID_MISMATCH,
  ERROR_CODE_INVALID_CRID,
  ERROR_CODE_INVALID_CRID_KEY,
  ERROR_CODE_MISSING_CRID,
} from '../error-codes.js'
import { CRIDVerificationError } from '../errors.js'
import { digestKey, fitsDigest, needSubtle } from '../crid/key-digest.js'
import { parseCrid } from '../crid/parse-crid.js'

/** What a {@link ShareLink} is made from. */
export interface ShareLinkInit {
  link: string
  qurlId?: string | undefined
  crid?: string | undefined
  type?: string | undefined
  expiresAt?: Date | undefined
  expiresInSeconds?: number | undefined
  singleUse?: boolean | undefined
}

/** What may be shown of a {@link ShareLink}. */
export interface ShareLinkJSON {
  readonly link: '[redacted]'
  readonly qurlId?: string
  readonly crid?: string
  readonly type?: string
  readonly expiresAt?: string
  readonly expiresInSeconds?: number
  readonly singleUse?: boolean
}

/**
 * A temporary link to a resource, made by `shareResource`. The link is the secret: `JSON.stringify` and `console.log` show
 * `[redacted]`, and a copy by spread does not have it.
 */
export class ShareLink {
  /** The link. Anybody who has it gets in. */
  declare readonly link: string
  /** For `revokeResourceQurl`. */
  declare readonly qurlId?: string
  /** The public name of the resource. */
  declare readonly crid?: string
  declare readonly type?: string
  declare readonly expiresInSeconds?: number
  declare readonly singleUse?: boolean
  readonly #expiresAtMs: number | undefined

  constructor({ link, expiresAt, ...facts }: ShareLinkInit) {
    const expiresAtMs = expiresAt?.getTime()
    this.#expiresAtMs = Number.isNaN(expiresAtMs) ? undefined : expiresAtMs
    Object.defineProperty(this, 'link', { value: link })
    for (const [name, value] of Object.entries(facts)) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true })
    }
  }

  /** A new `Date` each time, so that nobody can move it. */
  get expiresAt(): Date | undefined {
    return this.#expiresAtMs === undefined ? undefined : new Date(this.#expiresAtMs)
  }

  /**
   * Verifies that a resource's public key is the one that this link's CRID was made from. Nothing is sent, and the link itself
   * is not looked at.
   *
   * @param der - The key as SubjectPublicKeyInfo, in DER.
   * @throws {@link CRIDVerificationError} when it is another key (`crid_mismatch`), or the two cannot be compared.
   * @throws {@link RuntimeError} when the runtime has no Web Crypto.
   */
  async verifyCrid(der: ArrayBuffer | ArrayBufferView): Promise<void> {
    if (this.crid === undefined) {
      throw new CRIDVerificationError(ERROR_CODE_MISSING_CRID, 'the link came without a CRID')
    }
    const parsed = parseCrid(this.crid)
    if (parsed === undefined)
      throw new CRIDVerificationError(ERROR_CODE_INVALID_CRID, 'the CRID is malformed')
    const bytes = readBytes(der)
    if (bytes === undefined) {
      throw new CRIDVerificationError(
        ERROR_CODE_INVALID_CRID_KEY,
        'the key must be binary data that is not detached',
      )
    }
    const digest = await digestKey(needSubtle('verifyCrid'), bytes)
    if (!fitsDigest(parsed.digest, digest)) {
      throw new CRIDVerificationError(ERROR_CODE_CRID_MISMATCH, 'the CRID was not made from this key')
    }
  }

  /** The facts, with the link hidden. */
  toJSON(): ShareLinkJSON {
    const { qurlId, crid, type, expiresInSeconds, singleUse } = this
    const facts = {
      qurlId,
      crid,
      type,
      expiresAt: this.expiresAt?.toISOString(),
      expiresInSeconds,
      singleUse,
    }
    const known = Object.entries(facts).filter(([, value]) => value !== undefined)
    return { link: '[redacted]', ...(Object.fromEntries(known) as Omit<ShareLinkJSON, 'link'>) }
  }
}

// Node prints an object so; as a member it would stand in the types as a signature for every symbol.
Object.defineProperty(ShareLink.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: ShareLink) {
    return `ShareLink ${JSON.stringify(this.toJSON())}`
  },
})

/** A copy of binary data, `undefined` for anything else and for a buffer that was handed to another thread. */
function readBytes(der: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(der)) return new Uint8Array(der.buffer, der.byteOffset, der.byteLength).slice()
    const isBuffer = Object.prototype.toString.call(der) === '[object ArrayBuffer]'
    return isBuffer ? new Uint8Array(der as ArrayBuffer).slice() : undefined
  } catch {
    return undefined
  }
}
