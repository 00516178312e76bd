import type { Fault } from '../../wire/fault-proxy.js'

/** Ways to lose the answer of a server that has done its work. */
export const losses: readonly (readonly [string, Fault])[] = [
  ['the answer is lost whole', 'commit-reset'],
  ['the connection breaks while the server works', 'forward-reset'],
  ['the answer is cut in its headers', 'cut-head'],
  ['the answer is cut in its body', 'cut-body'],
  ['a gateway answers 502 in its place', { after: { status: 502, body: 'bad gateway' } }],
  ['a gateway answers 504 in its place', { after: { status: 504 } }],
]

/** Faults before the server sees the request. */
const refusals: readonly Fault[] = [
  'reset-before',
  { instead: { status: 503 } },
  { instead: { status: 429, headers: { 'retry-after': '0' } } },
]

/** Random numbers in [0, 1) that a seed fixes (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Chooses a fault for about two requests in five. */
export function seededFaults(seed: number): () => Fault {
  const random = seededRandom(seed)
  const faults = [...losses.map(([, fault]) => fault), ...refusals]
  return () => (random() < 0.4 ? faults[Math.floor(random() * faults.length)]! : 'pass')
}
