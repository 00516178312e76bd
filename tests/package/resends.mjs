// Writes whose answers are lost, on connections that are new and on ones that were used before, in whatever runtime this is
// started: a runtime may send a write again by itself.
import { createIdempotentFetch, idempotencyOf } from '../../dist/index.js'

/** How the writes of a wrapper may be resent. */
const wrappers = {
  keyed: {},
  keyless: { methods: [] },
  never: { writes: 'never' },
}

export const modes = Object.keys(wrappers)
export const connections = ['fresh', 'reused']
export const callsPerCell = 4

/** @param {string} origin a server that loses answers, and counts */
export async function resends(origin) {
  const told = {}
  for (const mode of modes) {
    const send = createIdempotentFetch({ ...wrappers[mode], retry: { backoff: () => 1 } })
    for (const connection of connections) {
      const cell = {}
      for (let call = 0; call < callsPerCell; call += 1) {
        // Leaves a connection that can be used again, or none.
        await (await fetch(`${origin}/warm/${connection}`)).text()
        const end = await send(`${origin}/resend/${mode}/${connection}`, {
          method: 'POST',
          body: 'book',
        }).catch((error) => error)
        const { outcome, attempts, isLowerBound, hiddenResend } = idempotencyOf(end) ?? {}
        const word = `${outcome} after ${isLowerBound ? 'at least ' : ''}${attempts}${hiddenResend ? ', resent below' : ''}`
        cell[word] = (cell[word] ?? 0) + 1
      }
      told[`${mode} ${connection}`] = cell
    }
  }
  return told
}
