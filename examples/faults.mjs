// @ts-check

/**
 * What happens to one attempt on its way to the server and back.
 *
 * | fault | the work is done | the client sees |
 * | --- | --- | --- |
 * | `pass` | yes | the answer |
 * | `reset-before` | no | a reset, before the body was read |
 * | `commit-reset` | yes | a reset, no answer |
 * | `commit-cut` | yes | the status, the headers and half of the body |
 * | `commit-hang` | yes | nothing, until it stops waiting |
 * | `commit-502` | yes | a gateway that gave up |
 * | `slow-reset` | yes, a little later | a reset; a retry may come while the work still runs |
 * | `fail-503` | no | 503 |
 * | `busy-429` | no | 429 with Retry-After |
 *
 * @typedef {'pass' | 'reset-before' | 'commit-reset' | 'commit-cut' | 'commit-hang' | 'commit-502' | 'slow-reset'
 *   | 'fail-503' | 'busy-429'} Fault
 */

/**
 * Every fault that loses, delays or refuses an answer.
 *
 * @type {readonly Exclude<Fault, 'pass'>[]}
 */
export const everyFault = [
  'reset-before',
  'commit-reset',
  'commit-cut',
  'commit-hang',
  'commit-502',
  'slow-reset',
  'fail-503',
  'busy-429',
]

/**
 * A small random source that gives the same numbers for the same seed (mulberry32).
 *
 * @param {number} seed
 * @returns {() => number} numbers in [0, 1)
 */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Draws `count` faults.
 *
 * @param {() => number} random
 * @param {number} count
 * @param {readonly Fault[]} [from]
 * @returns {Fault[]}
 */
export function drawFaults(random, count, from = everyFault) {
  return Array.from({ length: count }, () => from[Math.floor(random() * from.length)] ?? 'pass')
}
