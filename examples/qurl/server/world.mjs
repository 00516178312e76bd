// @ts-check
import { createHash } from 'node:crypto'
import { deliver } from './deliver.mjs'

/** @typedef {import('./types.js').Account} Account */
/** @typedef {import('./types.js').Credential} Credential */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const SCOPES = ['qurl:read', 'qurl:write', 'qurl:resolve', 'qurl:agent']

const API_KEY = 'lv_test_0123456789abcdefghijklmnop'
const OTHER_API_KEY = 'lv_test_zyxwvutsrqponmlkjihgfedcba'
const JWT = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJvd25fMSJ9.c2lnbmF0dXJl'

/**
 * The service's whole state: accounts, credentials, counters. Identifiers come from a counter, so that two
 * runs of the same program look the same.
 *
 * @param {import('./types.js').QurlServerOptions} options
 */
export function createWorld({ clock = Date, plan = 'enterprise', systemTier = true }) {
  let made = 0
  /** @type {Record<string, number>} */
  const effects = {}
  /** @type {Set<Promise<void>>} */
  const deliveries = new Set()

  /** @param {string} owner @returns {Account} */
  const newAccount = (owner) => ({
    owner,
    plan,
    systemTier,
    customer: { spending_cap_cents: 0, frozen_reason: null },
    resources: [],
    tokens: [],
    sessions: [],
    invoices: [],
    domains: [],
    webhooks: [],
    deliveries: [],
    apiKeys: [],
    accessCodes: [],
    installations: [],
    delegatedBatches: [],
    delegatedQurls: [],
  })

  const account = newAccount('own_1')
  const timestamp = (offsetMs = 0) => new Date(clock.now() + offsetMs).toISOString()
  const id = (/** @type {string} */ prefix, /** @type {number} */ length, alphabet = ALPHABET) => {
    const digest = createHash('sha512').update(`${prefix}${++made}`).digest()
    return (
      prefix + Array.from(digest.subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join('')
    )
  }

  return {
    now: () => clock.now(),
    timestamp,
    id,
    count(/** @type {string} */ effect, times = 1) {
      effects[effect] = (effects[effect] ?? 0) + times
    },
    /** @type {import('./types.js').World['emit']} */
    emit(owner, type, data) {
      for (const webhook of owner.webhooks) {
        if (webhook.status !== 'active' || !webhook.events.includes(type)) continue
        const event = { id: id('evt_', 16), deliveryId: id('wd_', 16), type, timestamp: timestamp(), data }
        const delivery = deliver(webhook, event).then((row) => {
          owner.deliveries.push(row)
          deliveries.delete(delivery)
        })
        deliveries.add(delivery)
      }
    },
    async delivered() {
      while (deliveries.size > 0) await Promise.all(deliveries)
    },
    accounts: new Map([account, newAccount('own_2')].map((row) => [row.owner, row])),
    credentials: new Map(
      /** @type {[string, Credential][]} */ ([
        [API_KEY, { owner: 'own_1', kind: 'api-key', scopes: SCOPES }],
        [JWT, { owner: 'own_1', kind: 'jwt', scopes: SCOPES }],
        [OTHER_API_KEY, { owner: 'own_2', kind: 'api-key', scopes: SCOPES }],
      ]),
    ),
    effects,
    account,
    apiKey: API_KEY,
    otherApiKey: OTHER_API_KEY,
    jwt: JWT,
  }
}
