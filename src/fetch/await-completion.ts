import { exponentialBackoff, type Backoff } from '../backoff/backoff.js'
import { parseRetryAfter } from '../backoff/retry-after.js'
import { monotonicNow, type Clock } from '../clock/clock.js'
import { startTimer } from '../clock/start-timer.js'
import { systemClock, systemRandom } from '../clock/system-clock.js'
import { checkOptions } from '../errors/check-option.js'
import { DeadlineError } from '../errors/deadline-error.js'
import type { Outcome } from '../errors/idempotency-error.js'
import { idempotencyOf, replaceFacts } from '../operation/facts.js'
import { safeUrl } from '../errors/safe-url.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { syncCallback } from '../errors/sync-callback.js'
import { lookUp } from './look-up.js'
import { createIdempotentFetch } from './create-idempotent-fetch.js'
import { isIdempotentFetch } from '../transport/nesting.js'
import { onAbort } from '../transport/on-abort.js'
import { createRun, stoppable, stopRun } from '../loop/run.js'

/** One look at an operation that the server works on after its 202. */
export interface CompletionStatus {
  readonly status: number
  readonly headers: Headers
  /** The body parsed as JSON, `undefined` when it is none. */
  readonly json: unknown
}

/** Options of {@link awaitCompletion}. */
export interface AwaitCompletionOptions {
  /** What sends the look-ups; one that does not retry is wrapped so that it does. @defaultValue `globalThis.fetch` */
  readonly fetch?: FetchLike | undefined
  /** Headers of the look-ups, such as credentials. They go to the origin of the 202's `url` and to no other, redirects included. */
  readonly headers?: RequestInit['headers'] | undefined
  /**
   * Reads how far the server is.
   *
   * @defaultValue 202 is running; so is a `status` or `state` in the JSON body that says so (`running`, `pending`,
   * `InProgress` …), and one that says `failed` or `canceled` is a failure; anything else is done
   */
  readonly readState?: ((look: CompletionStatus) => 'running' | 'done' | 'failed') | undefined
  /** Time for all of it, waits included, in milliseconds; `Infinity` for none. @defaultValue `300_000` */
  readonly deadlineMs?: number | undefined
  /** How long to wait before the next look when the server does not say. @defaultValue from 1 s, doubled up to 30 s */
  readonly backoff?: Backoff | undefined
  /** Ends a look or a wait at once, with its own reason. */
  readonly signal?: AbortSignal | undefined
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
  /** Random numbers in [0, 1), for a backoff with jitter. @defaultValue `Math.random` */
  readonly random?: (() => number) | undefined
}

const running =
  /^(?:accepted|created|not[-_ ]?started|pending|queued|scheduled|started|running|in[-_ ]?progress|processing)$/i
const failed = /^(?:failed|failure|error|cancell?ed|aborted|rejected|expired)$/i

function readState({ status, json }: CompletionStatus): 'running' | 'done' | 'failed' {
  if (status === 202) return 'running'
  const { status: state, state: other } = (json ?? {}) as Record<string, unknown>
  const word = typeof state === 'string' ? state : typeof other === 'string' ? other : ''
  if (status >= 400 || failed.test(word)) return 'failed'
  return running.test(word) ? 'running' : 'done'
}

/** The plain bound: to look at something again is no herd that needs to be spread. */
const steadyBackoff: Backoff = (round) => exponentialBackoff({ baseMs: 1_000, maxMs: 30_000 })(round, () => 1)

function findStatusUrl({ headers, url }: Response): URL | undefined {
  const target = ['operation-location', 'location', 'content-location']
    .map((name) => headers.get(name))
    .find(Boolean)
  const found =
    target && URL.canParse(target, url || undefined) ? new URL(target, url || undefined) : undefined
  return found && /^https?:$/.test(found.protocol) ? found : undefined
}

async function look(response: Response): Promise<CompletionStatus> {
  const { status, headers } = response
  const text = await response.clone().text()
  try {
    return { status, headers, json: JSON.parse(text) as unknown }
  } catch {
    return { status, headers, json: undefined }
  }
}

/**
 * Waits until the server has done what it accepted with a 202: asks the URL in `Operation-Location`, `Location` or
 * `Content-Location` again and again, as long as `Retry-After` says, until the state is final. Gives the last answer,
 * which may tell of a failure: `idempotencyOf(result).outcome` is `applied` only when the work is done.
 *
 * A response that is no 202, or that names no URL to ask, is given back as it is.
 *
 * @throws {@link DeadlineError} with outcome `unknown` when `deadlineMs` runs out, the signal's own reason when it aborts,
 * and `TypeError` or `RangeError` for an option that cannot work.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15.3.3 | RFC 9110, section 15.3.3}
 *
 * @example
 * ```ts
 * import { awaitCompletion, createIdempotentFetch } from 'fetch-idempotency'
 *
 * const send = createIdempotentFetch()
 * const accepted = await send('https://api.example.com/orders', { method: 'POST', body: '{"items":100}' })
 * const finished = await awaitCompletion(accepted, { fetch: send })
 * console.log(finished.status)
 * ```
 */
export async function awaitCompletion(
  response: Response,
  options: AwaitCompletionOptions = {},
): Promise<Response> {
  checkOptions('awaitCompletion', options, {
    fetch: 'function',
    headers: 'object',
    readState: 'function',
    deadlineMs: [1],
    backoff: 'function',
    signal: 'object',
    clock: 'object',
    random: 'function',
  })
  const { signal, clock = systemClock, random = systemRandom, deadlineMs = 300_000 } = options
  const backoff = syncCallback('awaitCompletion.backoff', options.backoff ?? steadyBackoff)
  const stateOf = syncCallback('awaitCompletion.readState', options.readState ?? readState)
  signal?.throwIfAborted()
  const url = response.status === 202 ? findStatusUrl(response) : undefined
  if (url === undefined) return response

  const given = options.fetch ?? globalThis.fetch
  const send = isIdempotentFetch(given)
    ? given
    : createIdempotentFetch({ clock, random, fetch: options.fetch })
  // One that a hook or a mock has made does not tell who answered.
  const origin = options.headers && response.url ? new URL(response.url).origin : undefined
  const deadlineAtMs = monotonicNow(clock) + deadlineMs
  const { key, attempts = 1, replayed = false } = idempotencyOf(response) ?? {}
  const end = (last: Response, outcome: Outcome) => {
    replaceFacts(last, { key, attempts, replayed, outcome })
    return last
  }

  const late = () =>
    new DeadlineError(
      { key, attempts, outcome: 'unknown', method: 'GET', url: safeUrl(url.href), cause: response },
      true,
    )
  /** One look, which ends with the deadline and with the caller's signal even where the server says nothing. */
  const ask = async () => {
    const run = createRun()
    const leftMs = deadlineAtMs - monotonicNow(clock)
    const timer = startTimer(() => stopRun(run, undefined), leftMs)
    const stopListening = signal && onAbort(signal, () => stopRun(run, signal.reason))
    try {
      return await stoppable(run, async (signal) => {
        const answer = await lookUp(send, url, options.headers ?? {}, origin, signal)
        return { answer, seen: await look(answer) }
      })
    } catch {
      // A look that is lost says nothing about what is looked at.
      signal?.throwIfAborted()
      if (run.isStopped) throw late()
      return undefined
    } finally {
      clearTimeout(timer)
      stopListening?.()
    }
  }

  let hints: Headers | undefined = response.headers
  for (let round = 1; ; round += 1) {
    const nowMs = clock.now()
    const delayMs = (hints && parseRetryAfter(hints, nowMs)) ?? backoff(round, random)
    if (monotonicNow(clock) + delayMs >= deadlineAtMs) throw late()
    await clock.sleep(delayMs, signal)
    signal?.throwIfAborted()
    const asked = await ask()
    hints = asked?.answer.headers
    if (asked === undefined) continue
    const { answer, seen } = asked
    const isPutOff = answer.status === 429 || answer.status >= 500
    const state = isPutOff ? 'running' : stateOf(seen)
    if (state !== 'running') return end(answer, state === 'done' && answer.ok ? 'applied' : 'unknown')
    answer.body?.cancel().catch(() => undefined)
  }
}
