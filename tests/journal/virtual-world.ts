import { createIdempotentFetch, type IdempotentFetchOptions } from 'fetch-idempotency'
import {
  createJournal,
  memoryStore,
  type Journal,
  type JournalOptions,
  type OperationStore,
} from 'fetch-idempotency/journal'

/** Where a process stands when it is stopped: before something takes effect, or after it did and before it is told. */
export interface Point {
  readonly number: number
  readonly what: string
}

/** What becomes of a process at a point: it goes on, never goes on, goes on later, or is told of a failure. */
export type Interruption = (point: Point) => 'go on' | 'crash' | 'fail' | Promise<void>

export interface Process {
  readonly journal: Journal
  readonly send: ReturnType<typeof createIdempotentFetch>
  /** Points that were passed. */
  readonly points: readonly string[]
}

/** A world of virtual time: one store and one server that outlive every process. */
export interface World {
  readonly store: OperationStore
  /** Bodies that were executed, in order. */
  readonly executed: string[]
  /** Requests that arrived. */
  readonly requests: { readonly key: string; readonly body: string }[]
  /** Answers that are lost, by the number of the request. */
  loses: (request: number) => boolean
  /** A process, until `interrupt` says otherwise. */
  start(interrupt?: Interruption, options?: Partial<JournalOptions>): Process
  /** Lets the world go on until `work` is through, or until nothing happens any more: then it gives `'stopped'`. */
  live<T>(work: Promise<T>): Promise<T | 'stopped'>
  /** Lets time pass at once. */
  pass(ms: number): void
}

const never = new Promise<never>(() => undefined)
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

export function createWorld(): World {
  let nowMs = Date.UTC(2030, 0, 1)
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = []
  const kept = new Map<string, string>()
  const executed: string[] = []
  const requests: World['requests'] = []

  const clock = {
    now: () => nowMs,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const sleeper = { atMs: nowMs + ms, wake: resolve }
        sleepers.push(sleeper)
        const leave = () => {
          sleepers = sleepers.filter((other) => other !== sleeper)
          reject(signal?.reason)
        }
        if (signal?.aborted) leave()
        signal?.addEventListener('abort', leave, { once: true })
      }),
  }
  const store = memoryStore({ now: () => nowMs })
  const answer = (key: string, body: string): Response => {
    requests.push({ key, body })
    const known = kept.get(key)
    if (known !== undefined && known !== body) return new Response('key reused', { status: 422 })
    if (known === undefined) {
      executed.push(body)
      kept.set(key, body)
    }
    if (world.loses(requests.length)) throw new TypeError('terminated', { cause: new Error('reset') })
    return new Response(`made ${body}`, {
      status: 201,
      headers: known === undefined ? {} : { 'idempotent-replayed': 'true' },
    })
  }

  const world: World = {
    store,
    executed,
    requests,
    loses: () => false,
    pass: (ms) => void (nowMs += ms),
    start(interrupt = () => 'go on', options = {}) {
      const points: string[] = []
      let isDead = false
      const stand = async (what: string) => {
        if (isDead) return never
        points.push(what)
        const told = await interrupt({ number: points.length, what })
        if (told === 'crash') isDead = true
        if (isDead) return never
        if (told === 'fail') throw new Error(`${what} failed`)
      }
      const around =
        <Args extends readonly unknown[], T>(what: string, act: (...args: Args) => Promise<T>) =>
        async (...args: Args): Promise<T> => {
          await stand(`before ${what}`)
          const result = await act(...args)
          await stand(`after ${what}`)
          return result
        }
      const ownClock = {
        now: clock.now,
        // A process that is gone does not wake up.
        sleep: (ms: number, signal?: AbortSignal) =>
          clock.sleep(ms, signal).then(() => (isDead ? never : undefined)),
      }
      const ownStore: OperationStore = {
        claim: around('claim', store.claim),
        renew: around('renew', store.renew),
        record: around('record', store.record),
        list: around('list', store.list),
        remove: around('remove', store.remove),
      }
      const journal = createJournal({ store: ownStore, clock: ownClock, leaseMs: 10_000, ...options })
      const fetchOptions: IdempotentFetchOptions = {
        journal,
        clock: ownClock,
        retry: { backoff: () => 100 },
        fetch: around('send', async (input: string | URL | Request, init?: RequestInit) => {
          const request = new Request(input, init)
          return answer(request.headers.get('idempotency-key') ?? '', await request.text())
        }),
      }
      return { journal, send: createIdempotentFetch(fetchOptions), points }
    },
    async live(work) {
      const state = { isThrough: false }
      const through = () => void (state.isThrough = true)
      work.then(through, through)
      for (let idle = 0; idle < 400; idle += 1) {
        // What needs no time goes first.
        for (let turns = 0; turns < 4 && !state.isThrough; turns += 1) await nextTurn()
        if (state.isThrough) return work
        const next = Math.min(...sleepers.map(({ atMs }) => atMs))
        if (next === Infinity) return 'stopped'
        nowMs = Math.max(nowMs, next)
        const due = sleepers.filter(({ atMs }) => atMs <= nowMs)
        sleepers = sleepers.filter(({ atMs }) => atMs > nowMs)
        for (const { wake } of due) wake()
      }
      return 'stopped'
    },
  }
  return world
}
