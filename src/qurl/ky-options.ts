import type { Call } from './call.js'
import type { ResolvedCall } from './call-options.js'
import { exchangeOption, type Exchange } from './exchange.js'

/** The options of one call of ky. */
export interface KyCallOptions {
  method: string
  [exchangeOption]: Exchange
  context: Record<string, unknown>
  signal?: AbortSignal
  retry?: { limit: number }
  totalTimeout?: number
  headers?: Record<string, string>
  body?: string
}

/**
 * What ky is told of one write. Of the request it is shown only what its hooks need to judge.
 *
 * @param leftMs - The time that the whole call has left, where that is less than its deadline.
 */
export function kyOptions(
  call: Call,
  exchange: Exchange,
  given: ResolvedCall,
  leftMs: number,
): KyCallOptions {
  const { key, signal, firstSentMs, maxRetries } = given
  const ky: KyCallOptions = { method: call.method, [exchangeOption]: exchange, context: {} }
  if (signal !== undefined) ky.signal = signal
  if (leftMs !== Infinity) ky.totalTimeout = Math.max(1, leftMs)
  if (maxRetries !== undefined) ky.retry = { limit: maxRetries }
  // The hooks check what they are told, which takes as long as to send; so they are told nothing that they assume anyhow.
  if ((call.writes !== undefined && call.writes !== 'keyed') || firstSentMs !== undefined)
    ky.context['idempotency'] = { writes: call.writes, firstSentAt: firstSentMs }
  if (key === undefined) return ky
  ky.context['idempotencyKey'] = key
  // Two calls with one key are one request if they have the same body and headers, and a mistake if they do not.
  ky.headers = { ...exchange.headers }
  if (exchange.body !== undefined) ky.body = exchange.body
  return ky
}
