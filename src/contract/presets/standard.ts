import { defineContract } from '../define-contract.js'

/**
 * Safe on a server of which nothing is known: a raw `Idempotency-Key`, remembered for a day, no vendor codes.
 *
 * A 409 counts as "still running" only after an attempt of ours may have been executed, and then only for a
 * bounded number of asks.
 */
export const standard = defineContract({ name: 'standard' })
