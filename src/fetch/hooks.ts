/** What a hook is told about its call: one object for each call, whatever the attempt. */
export interface HookOptions {
  /** The method of the request. */
  readonly method: string
  /** Free for the hooks of one call to share. */
  readonly context: Record<string, unknown>
}

/** ky's other options, which are not there: typed so that hooks which are typed for ky fit. */
export interface StateOptions extends HookOptions {
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
