import { defineContract } from '../define-contract.js'

/**
 * What is assumed of a server of which nothing is known: it keeps a raw `Idempotency-Key` for a day, and answers a repetition from
 * what it kept. **On a server that ignores keys, a resend after a lost answer applies the write twice**: find out what yours
 * does before you rely on this contract, and choose `writes: 'never'` for one that does not.
 *
 * - A 409 counts as "still running" only after an attempt of ours may have been executed, and is then asked about every 2 seconds
 *   for 12 seconds. So is a 409 or 429 that a replay marker says to be from the server's store.
 * - Under a key of yours, a refusal that may be about the key (409, 412, 417, an empty 422, a text that speaks of
 *   idempotency) has the outcome `unknown`: an earlier call may have been applied.
 */
export const standard = defineContract({ name: 'standard' })
