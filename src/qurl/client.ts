import { Area } from './area.js'
import { bindMethods } from './bind-methods.js'
import type { ClientOptions } from './client-options.js'
import { maskApiKey } from './credential.js'
import { AccessCodes } from './resources/access-codes.js'
import { Account } from './resources/account.js'
import { ApiKeys } from './resources/api-keys.js'
import { ConnectorResources } from './resources/connector-resources.js'
import { Billing } from './resources/billing.js'
import { Connectors } from './resources/connectors.js'
import { DelegatedQurls } from './resources/delegated-qurls.js'
import { Domains } from './resources/domains.js'
import { Portals } from './resources/portals.js'
import { Qurls } from './resources/qurls.js'
import { Resources } from './resources/resources.js'
import { ResourceLinks } from './resources/resource-links.js'
import { Sessions } from './resources/sessions.js'
import { Sharing } from './resources/share.js'
import { Webhooks } from './resources/webhooks.js'
import { resolveClientOptions } from './resolve-client-options.js'
import { createSend } from './send.js'
import { defined, isRecord } from './validate.js'
import { VERSION } from './version.js'

/** Every call of the API, on one object. Each area has its own file, with the types of its calls. */
export interface QURLClient
  extends
    Qurls,
    Resources,
    ResourceLinks,
    Sharing,
    ConnectorResources,
    DelegatedQurls,
    Sessions,
    Portals,
    Account,
    Billing,
    Domains,
    Webhooks,
    ApiKeys,
    AccessCodes,
    Connectors {}

/**
 * A client of the qURL API. Every write carries an idempotency key that all its attempts share, and is sent again only where
 * the service is known to do it once. Its methods may be taken off it: `const { create } = client`.
 *
 * @example
 * ```ts
 * const client = new QURLClient() // with the key in the environment variable QURL_API_KEY
 * const { qurl_link } = await client.create({ target_url: 'https://example.com/report', expires_in: '24h' })
 * ```
 */
// oxlint-disable-next-line no-unsafe-declaration-merging -- the methods are put on the prototype below
export class QURLClient extends Area {
  readonly #given: ClientOptions
  readonly #baseUrl: string
  readonly #maskedKey: string

  /**
   * @throws {@link ValidationError} for an option that cannot work. The text never shows the credential.
   */
  constructor(options: ClientOptions = {}) {
    const resolved = resolveClientOptions(options, `fetch-idempotency-qurl/${VERSION}`)
    super(createSend(resolved))
    const { apiKey, baseUrl } = resolved
    this.#given = { ...options }
    this.#baseUrl = baseUrl
    this.#maskedKey = typeof apiKey === 'string' ? maskApiKey(apiKey) : '***'
    bindMethods(this)
  }

  /** A client with other options in the place of some of this one's. What is `undefined` stays as it is. */
  withOptions(options: ClientOptions): QURLClient {
    return new QURLClient(isRecord(options) ? { ...this.#given, ...defined(options) } : options)
  }

  /** What may be shown of a client. */
  toJSON(): { baseUrl: string; apiKey: string } {
    return { baseUrl: this.#baseUrl, apiKey: this.#maskedKey }
  }
}

const areas = [
  Qurls,
  Resources,
  ResourceLinks,
  Sharing,
  ConnectorResources,
  DelegatedQurls,
  Sessions,
  Portals,
  Account,
  Billing,
  Domains,
  Webhooks,
  ApiKeys,
  AccessCodes,
  Connectors,
]
for (const { prototype } of areas) {
  const { constructor: _, ...calls } = Object.getOwnPropertyDescriptors(prototype)
  Object.defineProperties(QURLClient.prototype, calls)
}

// Node prints an object so; as a member it would stand in the types as a signature for every symbol.
Object.defineProperty(QURLClient.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: QURLClient) {
    return `QURLClient ${JSON.stringify(this.toJSON())}`
  },
})
