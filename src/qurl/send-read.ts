import { parseWait } from '../backoff/parse-wait.js'
import { systemClock, systemRandom } from '../clock/system-clock.js'
import { waitOf } from './api.js'
import type { ResolvedOptions } from './client-options.js'
import { leftOf, type Exchange, type Received } from './exchange.js'
import { receive } from './receive.js'

/** Statuses after which the same read may succeed. */
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** How often and how long the client tries one read. */
export interface ReadPolicy extends Pick<ResolvedOptions, 'fetch' | 'maxRetryAfterMs' | 'retryDelay'> {
  /** How often it is sent again. */
  readonly maxRetries: number
  /** Hears of each wait, and of the end. */
  readonly onEvent?: ((type: string, facts: object) => void) | undefined
}

/**
 * Sends one read, again where that may help, until there is an answer, whatever its status: a read needs neither key nor journal,
 * so it does without ky, which takes longer than all the rest. The rules are those of writes: one parser of the wait, a
 * longest wait, and a deadline over which no wait is begun.
 *
 * @throws the signal's reason when it aborts, and what `fetch` throws when no answer arrives.
 */
export async function sendRead(
  exchange: Exchange,
  signal: AbortSignal | undefined,
  policy: ReadPolicy,
): Promise<Received> {
  for (let retry = 1; ; retry += 1) {
    exchange.attempts += 1
    exchange.head = undefined
    exchange.received = undefined
    let failure: { readonly error: unknown } | undefined
    try {
      exchange.received = await receive(policy.fetch, exchange, exchange.headers, signal)
    } catch (error) {
      failure = { error }
    }
    const { received } = exchange
    const delayMs = signal?.aborted ? undefined : decideWait(exchange, failure?.error, retry, policy)
    if (delayMs === undefined) {
      policy.onEvent?.('settled', received === undefined ? {} : { status: received.status })
      if (received === undefined) throw failure?.error
      return received
    }
    policy.onEvent?.('waiting', { delayMs })
    await systemClock.sleep(delayMs, signal)
  }
}

/** How long to wait before a read is sent again, in milliseconds; `undefined` where it is not. */
function decideWait(
  exchange: Exchange,
  error: unknown,
  retry: number,
  { maxRetries, maxRetryAfterMs, retryDelay }: ReadPolicy,
): number | undefined {
  const { received } = exchange
  if (retry > maxRetries) return undefined
  if (received === undefined ? isForeignAbort(error) : !passing.has(received.status)) return undefined
  const askedMs = received && parseWait(received.status, received.headers, systemClock.now())
  if (askedMs !== undefined && askedMs > maxRetryAfterMs) return undefined
  const delayMs = askedMs ?? waitOf({ retryDelay }, retry, systemRandom)
  return delayMs < leftOf(exchange) ? delayMs : undefined
}

/** A stand-in for `fetch` that aborts or times out by itself has its reasons. */
function isForeignAbort(error: unknown): boolean {
  const { name } = (error ?? {}) as { name?: unknown }
  return name === 'AbortError' || name === 'TimeoutError'
}
