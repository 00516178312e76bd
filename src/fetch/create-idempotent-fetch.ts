import { KeyReusedError } from '../errors/key-reused-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import { rememberFacts } from '../guard/facts.js'
import { openOperation, type GuardedOperation } from '../guard/guard.js'
import { isConditional } from '../guard/is-conditional.js'
import { createRetryPolicy } from '../retry/retry-policy.js'
import { findHeader, type CapturedRequest } from './capture-request.js'
import { checkCallOptions, checkFetchOptions, type IdempotentFetchOptions } from './fetch-options.js'
import { board, createFlight, isSamePayload, land, type Flight } from './flights.js'
import { runAfterResponse, runBeforeRequest, runBeforeRetry, type HookOptions } from './hooks.js'
import type { CallOptions, IdempotentFetch, IdempotentRequestInit } from './idempotent-init.js'
import { markIdempotentFetch } from './nesting.js'
import { runOperation, type OperationHost } from './run-operation.js'
import { prepareCall, type PreparedCall } from './prepare-call.js'
import { createRun, stoppable, type Run } from './run.js'
import { showError, showRequest, takeHooked } from './shown-request.js'
import { stampRequest } from './stamp-request.js'

const noCallOptions = checkCallOptions({})

/** Who would get whose answer: calls with other headers, such as another account's credentials, are not the same call. */
function flightId({ method, url, headers }: CapturedRequest, key: string | undefined): string {
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return JSON.stringify([method.toUpperCase(), url, key, names.toSorted()])
}

/** The request with a body that was not sent before. */
async function remade(request: CapturedRequest): Promise<CapturedRequest> {
  return request.remake === undefined ? request : { ...request, body: await request.remake() }
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
  const { guard, hooks } = settings
  const { carrier } = guard.contract
  const hasHooks = Object.values(hooks).some((list) => list.length > 0)
  const flights = new Map<string, Flight>()

  function keyed(operation: GuardedOperation, request: CapturedRequest): CapturedRequest {
    return operation.isKeyed() && operation.key !== undefined
      ? stampRequest(carrier, request, operation.key, operation.companions)
      : request
  }

  /** For an operation that goes on without its key. */
  function unkeyed(operation: GuardedOperation, request: CapturedRequest, first: CapturedRequest) {
    const names = Object.keys(operation.companions).concat(carrier.in === 'header' ? carrier.name : [])
    const headers = { ...request.headers }
    for (const name of names) delete headers[findHeader(headers, name.toLowerCase()) ?? name]
    return { ...request, headers, ...(carrier.in !== 'header' && { url: first.url, body: first.body }) }
  }

  async function start(operation: GuardedOperation, call: PreparedCall, run: Run): Promise<Response> {
    try {
      return await drive(operation, call, run)
    } catch (error) {
      rememberFacts(error, operation.settle(operation.facts().outcome), operation.facts)
      throw error
    }
  }

  async function drive(operation: GuardedOperation, call: PreparedCall, run: Run): Promise<Response> {
    let request = call.request
    let shown: Request | undefined
    try {
      request = keyed(operation, request)
      if (hasHooks) shown = showRequest(request)
    } catch (cause) {
      throw new UnsendableError({ ...operation.errorFacts(), cause })
    }
    const hookOptions: HookOptions = { method: request.method, context: {} }
    let retries = 0
    if (shown !== undefined && call.isHooked !== true && hooks.beforeRequest.length > 0) {
      const first = shown
      const hooked = await stoppable(run, () => runBeforeRequest(hooks.beforeRequest, first, hookOptions))
      if (hooked instanceof Response) {
        rememberFacts(hooked, operation.settle(operation.facts().outcome))
        return hooked
      }
      try {
        request = keyed(operation, await takeHooked(request, first, hooked))
      } catch (cause) {
        throw new UnsendableError({ ...operation.errorFacts(), cause })
      }
    }
    const fixed = request
    const host: OperationHost = {
      sender: {
        fetch: settings.fetch,
        maxResponseBytes: settings.maxResponseBytes,
        inspect:
          hooks.afterResponse.length === 0
            ? undefined
            : async (response, sent) =>
                runAfterResponse(hooks.afterResponse, showRequest(sent), hookOptions, response, retries),
      },
      clock: guard.clock,
      ends: call.options === noCallOptions ? settings.ends : { ...settings.ends, ...call.options },
      async prepareRetry(last) {
        retries += 1
        if (request.body instanceof ReadableStream && request.remake === undefined) return 'body-used'
        request = await remade(request)
        if (!operation.isKeyed() && operation.key !== undefined)
          request = unkeyed(operation, request, call.request)
        if (hooks.beforeRetry.length > 0) {
          const shown = showRequest(request)
          const state = { request: shown, options: hookOptions, error: showError(last), retryCount: retries }
          const hooked = await runBeforeRetry(hooks.beforeRetry, state)
          if (hooked instanceof Response) return hooked
          if (typeof hooked === 'symbol') return 'final'
          request = keyed(operation, { ...request, headers: Object.fromEntries(hooked.headers) })
        }
        return request
      },
      retry:
        fixed.body instanceof ReadableStream && fixed.remake === undefined
          ? undefined
          : async () =>
              launch({ ...call, ...resumed(operation, call), request: await remade(fixed), isHooked: true }),
    }
    return runOperation(host, operation, request, run)
  }

  function resumed(
    operation: GuardedOperation,
    { options }: PreparedCall,
  ): Pick<PreparedCall, 'givenKey' | 'options'> {
    const { givenKey, firstSentMs } = operation.resume()
    return { givenKey, options: { ...options, firstSentMs } }
  }

  function launch(call: PreparedCall): Promise<Response> {
    const { request, options, givenKey } = call
    const operation = openOperation(guard, {
      method: request.method.toUpperCase(),
      url: request.url,
      givenKey,
      conditional: isConditional(
        request.method,
        (name) => request.headers[findHeader(request.headers, name) ?? ''],
      ),
      policy: options.retry && createRetryPolicy(options.retry, guard.policy),
      writes: options.writes,
      firstSentMs: options.firstSentMs,
    })
    // A key made just now cannot be in flight elsewhere, and without a signal nobody can leave early.
    if (givenKey === undefined && request.signal === undefined) return start(operation, call, createRun())

    const id = givenKey === undefined ? undefined : flightId(request, operation.key)
    const sharing = id === undefined ? undefined : flights.get(id)
    // Nobody joins a flight that its last reader has just ended.
    if (sharing !== undefined && !sharing.run.isStopped) {
      if (isSamePayload(sharing.payload, request.body)) return board(sharing, request.signal)
      throw new KeyReusedError({ ...operation.errorFacts(), retry: async () => launch(call) })
    }
    const flight = createFlight(request.body, operation.facts)
    const boarded = board(flight, request.signal)
    if (id !== undefined) flights.set(id, flight)
    land(flight, start(operation, call, flight.run), () => {
      if (id !== undefined && flights.get(id) === flight) flights.delete(id)
    })
    return boarded
  }

  return markIdempotentFetch(async (input: string | URL | Request, given?: IdempotentRequestInit | null) => {
    const init = given ?? {}
    const { idempotency } = init
    if (idempotency === false) {
      const { idempotency: _, idempotencyKey: __, body: made, ...rest } = init
      const body = typeof made === 'function' ? await made() : made
      return settings.fetch(input, { ...rest, ...(body !== undefined && { body }) })
    }
    const options = idempotency === undefined ? noCallOptions : checkCallOptions(idempotency as CallOptions)
    return launch(await prepareCall(settings, input, init, options))
  })
}
