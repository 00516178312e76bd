import { DeadlineError } from '../errors/deadline-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import { GuardedOperation } from '../loop/guard.js'
import { isConditional } from '../operation/is-conditional.js'
import { createRetryPolicy } from '../retry/retry-policy.js'
import { findHeader, type CapturedRequest } from '../transport/capture-request.js'
import type { CallOptions, IdempotentFetch, IdempotentRequestInit } from './idempotent-init.js'
import type { FetchLike } from '../transport/fetch-like.js'
import { checkCallOptions, checkFetchOptions, type IdempotentFetchOptions } from './fetch-options.js'
import type { OpenedOperation } from '../operation/operation-journal.js'
import { giveAnswer, openCall } from './open-call.js'
import { board, createFlight, follow, isSamePayload, land, type Flight } from './flights.js'
import { markIdempotentFetch } from '../transport/nesting.js'
import { runOperation } from './run-operation.js'
import { prepareCall, type PreparedCall } from './prepare-call.js'
import { createRun } from '../loop/run.js'

const noCallOptions = checkCallOptions({})

/** Who would get whose answer: calls with other headers, such as another account's credentials, are not the same call. */
function flightId({ method, url, headers }: CapturedRequest, key: string | undefined): string {
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return JSON.stringify([method.toUpperCase(), url, key, names.toSorted()])
}

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
export function createIdempotentFetch(options: IdempotentFetchOptions = {}): IdempotentFetch {
  const settings = checkFetchOptions(options)
  const { guard } = settings
  const flights = new Map<string, Flight>()

  function launch(call: PreparedCall): Promise<Response> {
    const opening = call.opened === undefined ? openCall(settings, call) : undefined
    return opening === undefined ? start(call) : opening.then((opened) => startOpened(call, opened))
  }

  async function startOpened(call: PreparedCall, opened: OpenedOperation): Promise<Response> {
    const { answer, key, isGenerated, firstSentMs, step } = opened
    if (answer !== undefined) return giveAnswer(opened, answer)
    const options = { ...call.options, ...(firstSentMs !== undefined && { firstSentMs }), step }
    try {
      return await start({ ...call, opened, givenKey: key, isGenerated, options })
    } finally {
      await opened.release()
    }
  }

  function start(call: PreparedCall): Promise<Response> {
    const { request, options, givenKey, isGenerated } = call
    const operation = new GuardedOperation(guard, {
      method: request.method.toUpperCase(),
      url: request.url,
      givenKey,
      isGenerated,
      conditional: isConditional(
        request.method,
        (name) => request.headers[findHeader(request.headers, name) ?? ''],
      ),
      isNoCors: (request.rest.mode ?? request.base?.mode) === 'no-cors',
      policy: options.retry && createRetryPolicy(options.retry, guard.policy),
      writes: options.writes,
      firstSentMs: options.firstSentMs,
    })
    // A key made just now cannot be in flight elsewhere, and without a signal nobody can leave early.
    if (givenKey === undefined && request.signal === undefined)
      return runOperation(settings, operation, call, createRun(), launch)

    const id = givenKey === undefined ? undefined : flightId(request, operation.key)
    const sharing = id === undefined ? undefined : flights.get(id)
    // Nobody joins a flight that its last reader has just ended.
    if (sharing !== undefined && !sharing.run.isStopped) {
      const isSame = isSamePayload(sharing.payload, request.body)
      const facts = operation.errorFacts()
      if (isSame === false) throw new KeyReusedError({ ...facts, retry: async () => launch(call) })
      const late = () => {
        const { attempts } = sharing.operation.facts()
        const isResendable = guard.contract.honoursKey(facts)
        return new DeadlineError({ ...facts, attempts, outcome: 'unknown', isResendable })
      }
      const patience = { leftMs: operation.leftMs(), late }
      if (isSame) return board(sharing, request.signal, patience)
      // It may be the same write: under its key it happens once, whether or not it is.
      return follow(sharing, request.signal, patience).then(() => launch(call))
    }
    const flight = createFlight(request.body, operation)
    const boarded = board(flight, request.signal)
    if (id !== undefined) flights.set(id, flight)
    land(flight, runOperation(settings, operation, call, flight.run, launch), () => {
      if (id !== undefined && flights.get(id) === flight) flights.delete(id)
    })
    return boarded
  }

  function send(input: string | URL | Request, init: IdempotentRequestInit): Promise<Response> {
    const { idempotency } = init
    if (idempotency === false) return passOn(settings.pickFetch(), input, init)
    const options = idempotency === undefined ? noCallOptions : checkCallOptions(idempotency as CallOptions)
    const call = prepareCall(settings, input, init, options)
    return call instanceof Promise ? call.then(launch) : launch(call)
  }

  // Not `async`, which would add a promise and a turn to every call.
  return markIdempotentFetch((input: string | URL | Request, init?: IdempotentRequestInit | null) => {
    try {
      return send(input, init ?? {})
    } catch (error) {
      return Promise.reject(error)
    }
  })
}

/** Sends a call as it is, without the options that are ours. */
async function passOn(
  fetch: FetchLike,
  input: string | URL | Request,
  { idempotency: _, idempotencyKey: __, body: given, ...rest }: IdempotentRequestInit,
): Promise<Response> {
  const body = typeof given === 'function' ? await given() : given
  return fetch(input, { ...rest, ...(body !== undefined && { body }) })
}
