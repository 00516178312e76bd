/** The part of ky's retry options that the hooks read and set. One object for each call, in both majors. */
export interface KyRetryOptions {
  limit?: number | undefined
  methods?: readonly string[] | undefined
  statusCodes?: readonly number[] | undefined
  retryOnTimeout?: boolean | undefined
  jitter?: unknown
  shouldRetry?: ShouldRetry | undefined
}

/** What ky asks before a retry; `undefined` leaves the answer to ky's own rules, `Retry-After` among them. */
export type ShouldRetry = (state: {
  readonly error: Error
  readonly retryCount: number
}) => boolean | undefined | Promise<boolean | undefined>

/** The part of ky's normalized options that the hooks read. */
export interface KyCallOptions {
  readonly context: Record<string, unknown>
  readonly retry: object
}

/** The single argument of a ky 2 hook. */
export interface KyHookState {
  readonly request: Request
  readonly options: KyCallOptions
}

/** A `beforeRequest` hook of either major: ky 1 passes request and options, ky 2 one state object. */
export type KyBeforeRequest = (
  first: Request | KyHookState,
  options?: KyCallOptions,
) => Promise<Request | undefined>

/** A `beforeRetry` hook: both majors pass one state object. */
export type KyBeforeRetry = (state: KyHookState & { readonly error: Error }) => void

/** Brings the arguments of both majors into one shape. */
export function readHookArguments(first: Request | KyHookState, options?: KyCallOptions): KyHookState {
  return 'request' in first ? first : { request: first, options: options as KyCallOptions }
}
