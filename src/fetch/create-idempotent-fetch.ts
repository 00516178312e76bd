import { identify } from '../loop/call-identity.js'
import { checkCallOptions, type CallOptions } from '../loop/call-options.js'
import { openJournalled } from '../loop/journal-call.js'
import { createLaunch, type OperationCall } from '../loop/launch.js'
import { isConditional } from '../operation/is-conditional.js'
import { createRetryPolicy } from '../retry/retry-policy.js'
import { findHeader } from '../transport/capture-headers.js'
import type { FetchLike, ForeignFetch } from '../transport/fetch-like.js'
import { markIdempotentFetch } from '../transport/nesting.js'
import { responsesUpTo } from '../transport/responses.js'
import { checkFetchOptions, type IdempotentFetchOptions } from './fetch-options.js'
import { openFetchTransport } from './fetch-transport.js'
import type { IdempotentFetch, IdempotentRequestInit } from './idempotent-init.js'
import { prepareCall, type PreparedCall } from './prepare-call.js'
import { readInit } from '../transport/init-members.js'
import { isPromise } from '../transport/web-shapes.js'

const noCallOptions = checkCallOptions({})

/**
 * Wraps a `fetch` so that each write can be sent as often as the network needs, and happens once: it stamps a key on
 * each logical write, keeps it over every retry, retries only where that is safe, and tells the truth about the outcome.
 *
 * The response is the one that the wrapped fetch gave. When the attempts run out on an answer, that answer is returned;
 * when they run out on a lost one, an error is thrown that carries `key`, `attempts`, `outcome` and `retry()`.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work, or a `fetch` that is wrapped already.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
 *
 * const send = createIdempotentFetch()
 * const response = await send('https://api.example.com/orders', { method: 'POST', body: '{"items":100}' })
 * console.log(response.status, idempotencyOf(response)) // 201 { key, attempts, replayed, outcome: 'applied' }
 * ```
 */
export function createIdempotentFetch(options?: IdempotentFetchOptions): IdempotentFetch
/** The same for a fetch with types of its own, such as undici's and node-fetch's. */
export function createIdempotentFetch(
  options: Omit<IdempotentFetchOptions, 'fetch'> & { readonly fetch: ForeignFetch },
): IdempotentFetch
export function createIdempotentFetch(options: IdempotentFetchOptions | object = {}): IdempotentFetch {
  const settings = checkFetchOptions(options)
  const { operation, callbacks } = settings
  const launch = createLaunch<Response>(operation, responsesUpTo(settings.maxResponseBytes))

  function begin(call: PreparedCall): Promise<Response> {
    const { request, options, givenKey, isGenerated, landing, deadlineAtMs } = call
    const { method, url, headers, rest, base, signal } = request
    const described: OperationCall<Response> = {
      method: method.toUpperCase(),
      url,
      givenKey,
      isGenerated,
      landing,
      conditional: isConditional(method, (name) => headers[findHeader(headers, name) ?? '']),
      isNoCors: (rest.mode ?? base?.mode) === 'no-cors',
      policy: options.retry && createRetryPolicy(options.retry, operation.policy),
      writes: options.writes,
      firstSentMs: options.firstSentMs,
      deadlineAtMs,
      signal,
      callbacks: options.resolve || options.reconcile ? { ...callbacks, ...options } : callbacks,
      // A key made just now cannot be in flight elsewhere.
      identity: givenKey === undefined ? undefined : identify(request, givenKey, options),
      openJournal: () => openJournalled(operation, request, isGenerated ? undefined : givenKey, options),
      openTransport: (operation, opened) => openFetchTransport(settings, operation, call, opened, begin),
    }
    return launch(described)
  }

  function send(input: string | URL | Request, init: IdempotentRequestInit): Promise<Response> {
    const { idempotency } = init
    if (idempotency === false) return passOn(settings.pickFetch(), input, init)
    const options = idempotency === undefined ? noCallOptions : checkCallOptions(idempotency as CallOptions)
    const call = prepareCall(settings, input, init, options)
    return isPromise(call) ? call.then(begin) : begin(call)
  }

  // Bun has a function beside its fetch.
  const { preconnect } = Object(settings.pickFetch()) as { preconnect?: unknown }
  // Not `async`, which would add a promise and a turn to every call.
  const wrapped = (input: string | URL | Request, init?: IdempotentRequestInit | null) => {
    try {
      return send(input, init ?? {})
    } catch (error) {
      return Promise.reject(error)
    }
  }
  return markIdempotentFetch(preconnect === undefined ? wrapped : Object.assign(wrapped, { preconnect }))
}

/** Sends a call as it is, without the options that are ours. */
async function passOn(
  fetch: FetchLike,
  input: string | URL | Request,
  init: IdempotentRequestInit,
): Promise<Response> {
  const { idempotency: _, idempotencyKey: __, body: given, ...rest } = readInit(init)
  const body = typeof given === 'function' ? await given() : given
  return fetch(input, { ...rest, ...(body !== undefined && { body }) })
}
