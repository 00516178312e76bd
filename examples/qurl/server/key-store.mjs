// @ts-check
import { createHash } from 'node:crypto'

/**
 * Answers by idempotency key. A key names one operation of one owner: owner, key, method and path together.
 *
 * @param {{ now(): number }} clock
 * @param {number} lifetimeMs
 */
export function createKeyStore(clock, lifetimeMs) {
  /** @type {Map<string, { answer: import('./types.js').Answer, fingerprint: string, expiresAt: number }>} */
  const entries = new Map()
  const digest = (/** @type {string} */ text) => createHash('sha256').update(text).digest('hex')

  return {
    /** @param {{ owner: string, key: string, method: string, path: string }} scope */
    name: ({ owner, key, method, path }) => digest(JSON.stringify([owner, key, method, path])),
    digest,
    /** @param {string} name */
    find(name) {
      const entry = entries.get(name)
      if (entry && entry.expiresAt <= clock.now()) {
        entries.delete(name)
        return undefined
      }
      return entry
    },
    /** @param {string} name @param {string} fingerprint @param {import('./types.js').Answer} answer */
    keep(name, fingerprint, answer) {
      entries.set(name, { answer, fingerprint, expiresAt: clock.now() + lifetimeMs })
    },
  }
}
