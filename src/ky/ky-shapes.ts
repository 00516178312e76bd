/** ky's retry options, as a user gives them or as ky has completed them. */
export interface KyRetryOptions {
  limit?: number | undefined
  methods?: readonly string[] | undefined
  statusCodes?: readonly number[] | undefined
  afterStatusCodes?: readonly number[] | undefined
  retryOnTimeout?: boolean | undefined
  jitter?: boolean | ((delayMs: number) => number) | undefined
  delay?: ((retry: number) => number) | undefined
  backoffLimit?: number | undefined
  maxRetryAfter?: number | undefined
  shouldRetry?: ShouldRetry | undefined
}

/** What ky asks before a retry; `undefined` leaves the answer to ky's own rules. */
export type ShouldRetry = (state: {
  readonly error: Error
  readonly retryCount: number
}) => boolean | undefined | Promise<boolean | undefined>

/** A hook of either major, which is handed on what ky would hand it. */
export type KyHook = (...given: never[]) => unknown

/** ky's options of one call. In ky 1 they are complete; in ky 2, where an `init` hook hands them on, they are as given. */
export interface KyOptions {
  readonly context?: Record<string, unknown> | undefined
  readonly retry?: KyRetryOptions | number | undefined
  readonly timeout?: number | false | undefined
  /** Only in ky 2. */
  readonly totalTimeout?: number | false | undefined
  readonly throwHttpErrors?: boolean | ((status: number) => boolean) | undefined
  readonly parseJson?: ((text: string, state?: object) => unknown) | undefined
  readonly stringifyJson?: ((value: unknown) => string | undefined) | undefined
  readonly onUploadProgress?: unknown
  readonly onDownloadProgress?: unknown
  readonly json?: unknown
  readonly body?: unknown
  readonly signal?: AbortSignal | null | undefined
  readonly fetch?: unknown
  readonly hooks?: {
    init?: KyHook[] | undefined
    beforeRequest?: KyHook[] | undefined
    beforeRetry?: KyHook[] | undefined
    afterResponse?: KyHook[] | undefined
    beforeError?: KyHook[] | undefined
  }
}

/** The options that a hook is shown: one object of retry options for each call, in both majors, which ky reads late. */
export interface KyHookOptions {
  readonly context: Record<string, unknown>
  readonly retry: KyRetryOptions
}

/** The single argument of a ky 2 hook. */
export interface KyHookState {
  readonly request: Request
  readonly options: KyHookOptions
}

/** A `beforeRequest` hook of either major: ky 1 passes request and options, ky 2 one state object. */
export type KyBeforeRequest = (first: Request | KyHookState, options?: KyHookOptions) => Promise<void> | void

/** A `beforeRetry` hook: both majors pass one state object. */
export type KyBeforeRetry = (
  state: KyHookState & { readonly error: Error; readonly retryCount?: number },
) => void

/** Brings the arguments of both majors into one shape. */
export function readHookArguments(first: Request | KyHookState, options?: KyHookOptions): KyHookState {
  return 'request' in first ? first : { request: first, options: options as KyHookOptions }
}

/** Whether a method only reads: such a call is ky's alone. */
export function isKyRead(method: string): boolean {
  return /^(?:GET|HEAD|OPTIONS|TRACE|QUERY)$/i.test(method)
}
