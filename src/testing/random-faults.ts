import type { Fault, SocketFault } from './fault.js'

/** Options of {@link randomFaults}. */
export interface RandomFaultsOptions<F extends Fault = SocketFault> {
  /** The same seed gives the same faults. */
  readonly seed: number
  /** How many. */
  readonly count: number
  /** What is drawn from. @defaultValue `'pass'` every other time, else a reset, a cut body, a 503 or a 502 */
  readonly of?: readonly F[] | undefined
}

const faults: readonly SocketFault[] = [
  'reset-before',
  'lose-answer',
  'cut-body',
  { instead: { status: 503 } },
  { after: { status: 502 } },
]
const usual = faults.flatMap((fault): SocketFault[] => [fault, 'pass'])

/** Faults in a random order that a seed repeats, for a test of many writes. */
export function randomFaults<F extends Fault = SocketFault>(options: RandomFaultsOptions<F>): readonly F[] {
  const { seed, count, of = usual as readonly Fault[] as readonly F[] } = options
  let state = seed >>> 0
  // mulberry32
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return Array.from({ length: count }, () => of[Math.floor(random() * of.length)] as F)
}
