import { generateRandomKey } from '../../key/generate-key.js'
import { bodyField } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readField, readText } from '../json-field.js'
import type { Answer } from '../verdict.js'

/** The code of the protocol's own error; some bindings answer it with a 200. */
function readOwnCode({ json }: Answer): string | undefined {
  return (
    readText(json, 'adcp_error', 'code') ??
    readText(json, 'result', 'structuredContent', 'adcp_error', 'code')
  )
}

/** The code of an error, wherever a binding of the protocol puts it. */
function readCode(answer: Answer): string | undefined {
  const { json } = answer
  return readOwnCode(answer) ?? readText(json, 'error', 'code') ?? readText(json, 'code')
}

/**
 * The Ad Context Protocol.
 *
 * - Key: the field `idempotency_key` of the JSON body, 16 to 255 letters, digits, `_`, `.`, `:` and `-`; a UUID version 4 is
 *   advised. Where the arguments are inside a call of a tool, move it:
 *   `adcp.with({ carrier: bodyField('params.arguments.idempotency_key') })`.
 * - Kept: as the seller's capability `adcp.idempotency.replay_ttl_seconds` says. A client must not assume a day where it
 *   says nothing; an hour is assumed (unverified): use `adcp.with({ keyTtlMs })` with what yours says.
 * - `IDEMPOTENCY_CONFLICT`: the key was used with another payload. `IDEMPOTENCY_EXPIRED`: it is older than the seller keeps it.
 *   After either, look the order up by its natural key first (`reconcile`). Statuses are unverified: the code alone counts. Any
 *   other error in a 200 has failed, with the outcome unknown.
 * - A repetition has `replayed: true` in its body.
 *
 * @see {@link https://docs.adcontextprotocol.org/ | Ad Context Protocol}
 * @see {@link https://github.com/adcontextprotocol/adcp-client | adcp-client}
 */
export const adcp = defineContract({
  name: 'adcp',
  carrier: bodyField('idempotency_key'),
  keyRules: { minLength: 16, pattern: /[\w.:-]+/ },
  generateKey: generateRandomKey,
  methods: ['POST'],
  keyTtlMs: 3_600_000,
  ttlAssumed: true,
  classify(answer) {
    const code = readCode(answer)
    if (code === 'IDEMPOTENCY_CONFLICT') return 'key-reused'
    if (code === 'IDEMPOTENCY_EXPIRED') return 'key-expired'
    const { status, json } = answer
    if (status < 300 && readOwnCode(answer) !== undefined) return { verdict: 'failed', outcome: 'unknown' }
    return status < 300 && readField(json, 'replayed') === true
      ? { verdict: 'done', replayed: true }
      : undefined
  },
})
