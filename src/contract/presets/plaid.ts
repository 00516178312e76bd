import { bodyField } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { pathOf } from '../url-path.js'

/** The endpoints whose body has the field. */
const honoured =
  /\/(?:transfer\/(?:authorization\/create|create|ledger\/(?:deposit|withdraw|distribute))|bank_transfer\/create|wallet\/transaction\/execute|payment_initiation\/consent\/payment\/execute)$/

/**
 * The Plaid API.
 *
 * - Key: the field `idempotency_key` of the JSON body, up to 50 characters (wallet and consent payments take 128). Only
 *   transfers, ledgers, wallets, consent payments and bank transfers have the field: leave the rest out with the
 *   `match` option, as Plaid refuses fields that it does not know.
 * - Kept: 24 hours for wallets, the shortest; 48 for authorizations and consent payments, 7 days for bank transfers.
 * - The key and the parameters form one identity, so a used key with another payload is a new write.
 * - After a failed wallet transaction, wait at least a minute. That holds here for a 5xx; for lost connections give a
 *   `backoff` of a minute.
 * - What a request gets while the first is still running, and what a 409 means, are not documented (unverified).
 *
 * @see {@link https://github.com/plaid/plaid-openapi | Plaid's OpenAPI description}
 * @see {@link https://plaid.com/docs/bank-transfers/idempotency-and-retries/ | Idempotency and retries}
 */
export const plaid = defineContract({
  name: 'plaid',
  carrier: bodyField('idempotency_key'),
  keyRules: { maxLength: 50 },
  methods: ['POST'],
  keyTtlMs: 86_400_000,
  honoursKey: ({ method, url }) => method === 'POST' && honoured.test(pathOf(url)),
  classify: ({ status, url }) =>
    status >= 500 && /\/wallet\//.test(pathOf(url))
      ? { verdict: 'unknown', minimumWaitMs: 60_000 }
      : undefined,
})
