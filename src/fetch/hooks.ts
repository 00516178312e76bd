/** What a hook is told about its call: one object for each call, whatever the attempt. */
export interface HookOptions {
  /** The method of the request. */
  readonly method: string
  /** Free for the hooks of one call to share. */
  readonly context: Record<string, unknown>
}

/** ky's other options, which are not there: typed so that hooks which are typed for ky fit. */
interface StateOptions extends HookOptions {
  readonly headers: never
  readonly prefix: never
  readonly retry: never
}

/** The request, which is also the state object that ky 2 passes: hooks written for either major run as they are. */
export interface HookRequest extends Request {
  readonly request: Request
  readonly options: StateOptions
}

/** What `ky.retry()` gives. It is not heeded here, where the contract says what an answer means. */
interface RetryMarker {
  readonly options?: object | undefined
}

/** What `beforeRetry` is told. */
export interface RetryState {
  /** The request of the retry, a new one for each. */
  readonly request: Request
  readonly options: HookOptions
  /** Why the last attempt is not the end: what `fetch` threw, or an error with the answer as its `response`. */
  readonly error: Error
  /** 1 before the first retry. */
  readonly retryCount: number
}

// Written as methods, so that hooks which ask for ky's own, narrower types are taken too.
interface HookShapes {
  beforeRequest(
    request: HookRequest & { readonly retryCount: 0 },
    options: HookOptions,
    state: { readonly retryCount: number },
  ): Request | Response | void | Promise<Request | Response | void>
  beforeRetry(
    state: RetryState,
  ): Request | Response | symbol | void | Promise<Request | Response | symbol | void>
  afterResponse(
    request: HookRequest & { readonly response: Response; readonly retryCount: number },
    options: HookOptions,
    response: Response,
    state: { readonly retryCount: number },
  ): Response | RetryMarker | void | Promise<Response | RetryMarker | void>
}

/** Runs once, before the first attempt, after the key is in place. A `Request` replaces the request, a `Response` is the answer. */
export type BeforeRequestHook = HookShapes['beforeRequest']
/** Runs before each retry: headers may change (a new token), the key and the body may not. A `Response` is the answer, a symbol stops. */
export type BeforeRetryHook = HookShapes['beforeRetry']
/** Runs on each answer, before it is read. A `Response` takes its place. */
export type AfterResponseHook = HookShapes['afterResponse']

/** Hooks in ky's shape: the same functions run here and in ky 1 and 2. */
export interface Hooks {
  /** Run in order, once per call, before the first attempt. @defaultValue none */
  readonly beforeRequest?: readonly BeforeRequestHook[] | undefined
  /** Run in order before each retry. @defaultValue none */
  readonly beforeRetry?: readonly BeforeRetryHook[] | undefined
  /** Run in order on the answer of each attempt, before it is read. @defaultValue none */
  readonly afterResponse?: readonly AfterResponseHook[] | undefined
}

export const hookNames = ['beforeRequest', 'beforeRetry', 'afterResponse'] as const

function asState<M extends object>(request: Request, options: HookOptions, more: M): HookRequest & M {
  return Object.assign(request, { request, options: options as StateOptions, ...more })
}

/** Runs the hooks; the last `Request` given counts, the first `Response` ends. */
export async function runBeforeRequest(
  hooks: readonly BeforeRequestHook[],
  request: Request,
  options: HookOptions,
): Promise<Request | Response> {
  let current = request
  for (const hook of hooks) {
    const result = await hook(asState(current, options, { retryCount: 0 as const }), options, {
      retryCount: 0,
    })
    if (result instanceof Response) return result
    if (result instanceof Request) current = result
  }
  return current
}

/** Runs the hooks; a `Response` or a symbol ends. */
export async function runBeforeRetry(
  hooks: readonly BeforeRetryHook[],
  state: RetryState,
): Promise<Request | Response | symbol> {
  let { request } = state
  for (const hook of hooks) {
    const result = await hook({ ...state, request })
    if (result instanceof Response || typeof result === 'symbol') return result
    if (result instanceof Request) request = result
  }
  return request
}

/** Runs the hooks, each on a copy of the answer that stands. */
export async function runAfterResponse(
  hooks: readonly AfterResponseHook[],
  request: Request,
  options: HookOptions,
  response: Response,
  retryCount: number,
): Promise<Response> {
  let current = response
  for (const hook of hooks) {
    const copy = current.clone()
    const result = await hook(asState(request, options, { response: copy, retryCount }), options, copy, {
      retryCount,
    })
    if (result instanceof Response) current = result
  }
  return current
}
