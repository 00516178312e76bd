// @ts-check
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { idempotencyOf } from 'fetch-idempotency'
import { startServer } from './server.mjs'

/** @typedef {import('fetch-idempotency').IdempotencyEvent} IdempotencyEvent */
/** @typedef {import('fetch-idempotency').IdempotencyFacts} IdempotencyFacts */

/**
 * What one call of a library has told its caller.
 *
 * @typedef {object} Told
 * @property {unknown} [id] what the library says was made
 * @property {Pick<IdempotencyFacts, 'outcome'> | undefined} [facts] what `idempotencyOf` finds on what the library gives; absent where it
 *   finds nothing
 * @property {unknown} [error] the failure, where the library returns it instead of throwing it
 */

/** @typedef {{ id: string, item: string }} Order */

const writes = 100
const atATime = 10

/**
 * Starts the server for a program of this folder.
 *
 * @param {import('./server.mjs').Behaviour} [behaviour]
 */
export async function startOrders(behaviour) {
  const server = await startServer(behaviour)
  /** @type {IdempotencyEvent[]} */
  const settled = []

  return {
    url: server.url,
    port: server.port,

    /** Keeps the last word about each operation: where a library hides the response, this is where the facts are. */
    onEvent: (/** @type {IdempotencyEvent} */ event) => {
      if (event.type === 'settled') settled.push(event)
    },

    /**
     * Sends 100 orders, whose first answers are lost or fail, and one more while the server is away. Prints what came of it, and
     * leaves 1 as the exit code where not each order was executed once and told.
     *
     * @param {string} library the package, whose version is printed
     * @param {(order: Order) => Promise<Told>} sendOrder
     * @param {() => PromiseLike<unknown>} [sendQuery] a read that the library sends
     */
    async measure(library, sendOrder, sendQuery) {
      await sendQuery?.()
      const orders = Array.from({ length: writes }, (_, index) => ({
        id: `order-${index + 1}`,
        item: 'book',
      }))
      let told = 0
      let withFacts = 0
      const queue = [...orders]
      const work = async () => {
        for (let order = queue.shift(); order; order = queue.shift()) {
          const { id, facts } = await endOf(sendOrder, order)
          const [made, ...more] = server.made.get(order.id) ?? []
          if (made !== undefined && more.length === 0 && id === made) told += 1
          if (facts?.outcome === 'applied') withFacts += 1
        }
      }
      await Promise.all(Array.from({ length: atATime }, work))
      const applied = settled.filter(
        (event) => event.type === 'settled' && event.outcome === 'applied',
      ).length
      const { requests, executed, keyedReads, reads } = server
      await server.close()
      const lost = await whileTimeFlies(() => endOf(sendOrder, { id: 'order-lost', item: 'book' }))

      const line = {
        program: basename(process.argv[1] ?? '', '.mjs'),
        library: `${library} ${versionOf(library)}`,
        writes,
        requests,
        executed,
        told,
        facts: withFacts === writes ? 'result' : applied >= writes ? 'onEvent' : 'nowhere',
        factsOfError: lost.facts === undefined ? 'onEvent' : 'error',
        query: reads === 0 ? '–' : keyedReads === 0 ? 'no key' : 'a key',
      }
      console.log(JSON.stringify(line))
      if (executed !== writes || told !== writes || line.facts === 'nowhere') process.exitCode = 1
    },
  }
}

/**
 * What a call tells, its failure included.
 *
 * @param {(order: Order) => Promise<Told>} sendOrder
 * @param {Order} order
 * @returns {Promise<Told>}
 */
async function endOf(sendOrder, order) {
  const told = await sendOrder(order).catch((error) => ({ error, id: undefined, facts: undefined }))
  return { ...told, facts: told.facts ?? idempotencyOf(told.error) }
}

/**
 * Shortens every wait to a hundredth: ten attempts take twelve seconds otherwise.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function whileTimeFlies(work) {
  const { setTimeout } = globalThis
  const hasty = (/** @type {() => void} */ run, delayMs = 0, /** @type {unknown[]} */ ...rest) =>
    setTimeout(run, delayMs / 100, ...rest)
  globalThis.setTimeout = /** @type {typeof setTimeout} */ (Object.assign(hasty, setTimeout))
  try {
    return await work()
  } finally {
    globalThis.setTimeout = setTimeout
  }
}

/**
 * @param {string} library
 * @returns {string}
 */
function versionOf(library) {
  const manifest = new URL(`node_modules/${library}/package.json`, import.meta.url)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}
