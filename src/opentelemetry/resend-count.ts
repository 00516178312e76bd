import { context, createContextKey, type Attributes, type Context } from '@opentelemetry/api'

/** One for all copies of the package in a process. */
const attemptKey = Symbol.for('fetch-idempotency.attempt') as ReturnType<typeof createContextKey>

/** A context in which attempt number `attempt` is sent. */
export function withAttempt(parent: Context, attempt: number): Context {
  return parent.setValue(attemptKey, attempt)
}

/** The attribute of a request that is sent in the active context: only a resend has a count. */
export function attributesOfAttempt(attempt: unknown): Attributes {
  return typeof attempt === 'number' && attempt > 1 ? { 'http.request.resend_count': attempt - 1 } : {}
}

/**
 * Adds `http.request.resend_count` to the spans of an instrumentation of `fetch`: 1 for the second attempt of an operation. For
 * `@opentelemetry/instrumentation-undici`: `new UndiciInstrumentation({ startSpanHook: resendCount })`.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span | HTTP client spans}
 */
export function resendCount(): Attributes {
  return attributesOfAttempt(context.active().getValue(attemptKey))
}
