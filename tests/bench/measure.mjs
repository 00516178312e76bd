// @ts-check
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { seededRandom } from '../../examples/faults.mjs'

/** @typedef {{ name: string, send: () => Promise<unknown> }} Contender */

setFlagsFromString('--expose-gc')
/** @type {(kind: { type: 'minor' }) => void} */
const collectGarbage = runInNewContext('gc')

/**
 * Runs the contenders in rounds, each contender once per round, in an order drawn anew for each round and with the
 * garbage of the one before collected, so that a slow moment of the machine falls on all of them alike. Many short
 * rounds give steadier medians than a few long ones, of which a busy machine interrupts every one.
 *
 * @param {readonly Contender[]} contenders
 * @param {{ rounds: number, callsPerRound: number, warmUpCalls: number }} plan
 * @returns {Promise<Map<string, number[]>>} µs per call, one number per round
 */
export async function measure(contenders, { rounds, callsPerRound, warmUpCalls }) {
  /** @type {Map<string, number[]>} */
  const times = new Map(contenders.map(({ name }) => [name, []]))
  const random = seededRandom(rounds)
  for (const { send } of contenders) await repeat(send, warmUpCalls)
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, send } of shuffled(contenders, random)) {
      collectGarbage({ type: 'minor' })
      await repeat(send, Math.ceil(callsPerRound / 4))
      const start = process.hrtime.bigint()
      await repeat(send, callsPerRound)
      const elapsedNs = Number(process.hrtime.bigint() - start)
      times.get(name)?.push(elapsedNs / 1_000 / callsPerRound)
    }
  }
  return times
}

/**
 * @template T
 * @param {readonly T[]} values
 * @param {() => number} random
 */
const shuffled = (values, random) =>
  values
    .map((value) => ({ value, place: random() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ value }) => value)

/**
 * @param {() => Promise<unknown>} send
 * @param {number} calls
 */
async function repeat(send, calls) {
  for (let call = 0; call < calls; call += 1) await send()
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

/**
 * One line per contender: its median, and the medians of the difference and of the ratio to the base of the same round.
 *
 * @param {Map<string, number[]>} times
 * @param {string} base
 */
export function summarise(times, base) {
  const baseTimes = times.get(base) ?? []
  const paired = (/** @type {number[]} */ own, /** @type {(a: number, b: number) => number} */ compare) =>
    median(own.map((time, round) => compare(time, baseTimes[round] ?? NaN)))
  return [...times].map(([name, own]) => ({
    name,
    us: median(own),
    overUs: paired(own, (time, baseTime) => time - baseTime),
    ratio: paired(own, (time, baseTime) => time / baseTime),
  }))
}
