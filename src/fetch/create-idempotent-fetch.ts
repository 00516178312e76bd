import { BodyTooLargeError } from '../errors/body-too-large-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import { rememberFacts } from '../guard/facts.js'
import { openOperation, withoutSecrets, type GuardedOperation } from '../guard/guard.js'
import { isConditional } from '../guard/is-conditional.js'
import { createRetryPolicy } from '../retry/retry-policy.js'
import { captureRequest, findHeader, OversizedBody, unused, type CapturedRequest } from './capture-request.js'
import { checkCallOptions, checkFetchOptions, type IdempotentFetchOptions } from './fetch-options.js'
import { board, createFlight, isSamePayload, land, type Flight } from './flights.js'
import { runAfterResponse, runBeforeRequest, runBeforeRetry, type HookOptions } from './hooks.js'
import type { CallOptions, IdempotentFetch, IdempotentRequestInit } from './idempotent-init.js'
import { markIdempotentFetch } from './nesting.js'
import { runOperation, type OperationHost } from './run-operation.js'
import { onAbort } from './on-abort.js'
import { createRun, stoppable, type Run } from './run.js'
import type { AttemptResult } from './send-attempt.js'
import { readGivenKey, stampRequest } from './stamp-request.js'

const noCallOptions = checkCallOptions({})

/** A call with everything fixed: it can be launched again, by `retry()`. */
interface PreparedCall {
  readonly request: CapturedRequest
  readonly options: ReturnType<typeof checkCallOptions>
  readonly givenKey: unknown
}

/** Who would get whose answer: calls with other headers, such as another account's credentials, are not the same call. */
function flightId({ method, url, headers }: CapturedRequest, key: string | undefined): string {
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return JSON.stringify([method.toUpperCase(), url, key, names.toSorted()])
}

/** The request with a body that was not sent before. */
async function remade(request: CapturedRequest): Promise<CapturedRequest> {
  return request.remake === undefined ? request : { ...request, body: await request.remake() }
}

/** @throws the signal's reason, at once. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) leave()
    work.then(resolve, reject).finally(onAbort(signal, leave))
  })
}

/** The error that a hook is shown for an answer, as ky shows an `HTTPError`. */
function asError({ response, error }: AttemptResult): Error {
  if (response === undefined) return error instanceof Error ? error : new Error(String(error))
  return Object.assign(new Error(`the server answered ${response.status}`), { response })
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

  function asRequest({ url, method, headers, body, base }: CapturedRequest): Request {
    const init = {
      method,
      headers,
      ...(body instanceof ReadableStream || body == null ? {} : { body: body as BodyInit }),
    }
    return new Request(base === undefined ? url : unused(base), init)
  }

  /** The hook's request in place of ours, the key put back on top. */
  async function takeOver(
    request: CapturedRequest,
    hooked: Request,
    isSame: boolean,
  ): Promise<CapturedRequest> {
    if (isSame) return { ...request, headers: Object.fromEntries(hooked.headers) }
    const taken = await captureRequest(hooked, {}, { ...settings, maxRequestBytes: Infinity })
    const { rest, signal, body, remake } = request
    // A stream was not shown to the hook: what it made of the request has none.
    const isHidden = body instanceof ReadableStream && !(taken.body as Uint8Array | null)?.length
    return { ...taken, rest, signal, ...(isHidden && { body, remake }) }
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
      if (hasHooks) shown = asRequest(request)
    } catch (cause) {
      throw new UnsendableError({ ...operation.errorFacts(), cause })
    }
    const hookOptions: HookOptions = { method: request.method, context: {} }
    let retries = 0
    if (shown !== undefined && hooks.beforeRequest.length > 0) {
      const first = shown
      const hooked = await stoppable(run, () => runBeforeRequest(hooks.beforeRequest, first, hookOptions))
      if (hooked instanceof Response) {
        rememberFacts(hooked, operation.settle(operation.facts().outcome))
        return hooked
      }
      try {
        request = keyed(operation, await takeOver(request, hooked, hooked === shown))
      } catch (cause) {
        throw new UnsendableError({ ...operation.errorFacts(), cause })
      }
    }
    const host: OperationHost = {
      sender: {
        fetch: settings.fetch,
        maxResponseBytes: settings.maxResponseBytes,
        inspect:
          hooks.afterResponse.length === 0
            ? undefined
            : async (response, sent) =>
                runAfterResponse(hooks.afterResponse, asRequest(sent), hookOptions, response, retries),
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
          const shown = asRequest(request)
          const state = { request: shown, options: hookOptions, error: asError(last), retryCount: retries }
          const hooked = await runBeforeRetry(hooks.beforeRetry, state)
          if (hooked instanceof Response) return hooked
          if (typeof hooked === 'symbol') return 'final'
          request = keyed(operation, { ...request, headers: Object.fromEntries(hooked.headers) })
        }
        return request
      },
      retry:
        call.request.body instanceof ReadableStream && call.request.remake === undefined
          ? undefined
          : async () => launch({ ...call, ...resumed(operation, call), request: await remade(call.request) }),
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

  async function prepare(
    input: string | URL | Request,
    init: IdempotentRequestInit,
    options: PreparedCall['options'],
  ): Promise<PreparedCall> {
    const signal = init.signal === undefined && input instanceof Request ? input.signal : init.signal
    try {
      const captured = captureRequest(input, init, settings)
      const request = await (signal ? untilAborted(captured, signal) : captured)
      const { idempotencyKey } = init
      return {
        request,
        options,
        givenKey: idempotencyKey === undefined ? readGivenKey(carrier, request) : idempotencyKey,
      }
    } catch (cause) {
      const method = (init.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase()
      const url = withoutSecrets(input instanceof Request ? input.url : String(input))
      const facts = { key: undefined, attempts: 0, outcome: 'not-applied', method, url } as const
      if (signal?.aborted) {
        rememberFacts(signal.reason, { ...facts, replayed: false }, {})
        throw signal.reason
      }
      throw cause instanceof OversizedBody
        ? new BodyTooLargeError(facts)
        : new UnsendableError({ ...facts, cause })
    }
  }

  return markIdempotentFetch(async (input: string | URL | Request, init: IdempotentRequestInit = {}) => {
    const { idempotency } = init
    if (idempotency === false) {
      const { idempotency: _, idempotencyKey: __, body: given, ...rest } = init
      const body = typeof given === 'function' ? await given() : given
      return settings.fetch(input, { ...rest, ...(body !== undefined && { body }) })
    }
    const options = idempotency === undefined ? noCallOptions : checkCallOptions(idempotency as CallOptions)
    return launch(await prepare(input, init, options))
  })
}
