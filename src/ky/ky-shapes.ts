/** The part of ky's retry options that the hooks read and set. One object for each call, in both majors. */
export interface KyRetryOptions {
  limit?: number | undefined
  methods?: readonly string[] | undefined
  statusCodes?: readonly number[] | undefined
  afterStatusCodes?: readonly number[] | undefined
  retryOnTimeout?: boolean | undefined
  jitter?: unknown
  delay?: ((retry: number) => number) | undefined
  backoffLimit?: number | undefined
  maxRetryAfter?: number | undefined
  shouldRetry?: ShouldRetry | undefined
}

/** What ky asks before a retry; `undefined` leaves the answer to ky's own rules, `Retry-After` among them. */
export type ShouldRetry = (state: {
  readonly error: Error
  readonly retryCount: number
}) => boolean | undefined | Promise<boolean | undefined>

/** What a fetch has to know of ky's options. */
export interface KySendOptions {
  readonly context?: object | undefined
  readonly signal?: AbortSignal | null | undefined
  readonly throwHttpErrors?: boolean | ((status: number) => boolean) | undefined
  /** What sends: ours, or one that was given after it and may call it. */
  readonly fetch?: unknown
}

/**
 * The option by which ky 2 hands {@link KySendOptions} through to its fetch. ky 1 has no hook to set it in, and needs
 * none: there the fetch is called as a method of the options.
 */
export const sendOption = 'idempotencyCall'

/** The part of ky's normalized options that the hooks read. */
export interface KyCallOptions {
  readonly context: Record<string, unknown>
  readonly retry: object
  /** Only in ky 1. */
  readonly fetch?: unknown
  /** Only in ky 2. */
  readonly [sendOption]?: KySendOptions
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

/** A `beforeError` hook: ky 1 passes the error, ky 2 one state object that holds it. */
export type KyBeforeError = <T extends object>(first: T) => T extends { readonly error: infer E } ? E : T

/** Brings the arguments of both majors into one shape. */
export function readHookArguments(first: Request | KyHookState, options?: KyCallOptions): KyHookState {
  return 'request' in first ? first : { request: first, options: options as KyCallOptions }
}
