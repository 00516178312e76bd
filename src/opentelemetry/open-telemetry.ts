import {
  context,
  metrics,
  SpanStatusCode,
  trace,
  type Context,
  type Meter,
  type Span,
  type Tracer,
} from '@opentelemetry/api'
import { checkOptions } from '../errors/check-option.js'
import type { EventListener, IdempotencyEvent } from '../loop/events.js'
import type { AroundAttempt } from '../loop/transport.js'
import { attributesOfTarget, isInstrumented, traceAttempt } from './attempt-span.js'
import { withAttempt } from './resend-count.js'

/** Options of {@link openTelemetry}. */
export interface OpenTelemetryOptions {
  /** @defaultValue that of the global provider, asked for at each operation */
  readonly tracer?: Tracer | undefined
  /** @defaultValue that of the global provider */
  readonly meter?: Meter | undefined
  /** Whether spans show the key, which may be enough to ask the server for its answer. @defaultValue `false` */
  readonly recordKey?: boolean | undefined
  /**
   * Whether each attempt has a span of our own: `'auto'` makes one where no instrumentation makes one.
   *
   * @defaultValue `'auto'`
   */
  readonly attemptSpans?: 'auto' | 'always' | 'never' | undefined
  /** A listener of your own, which hears the same events. @defaultValue none */
  readonly onEvent?: EventListener | undefined
  /** Code of your own around each attempt, inside of its span. @defaultValue none */
  readonly aroundAttempt?: AroundAttempt | undefined
}

/** Options for `createIdempotentFetch()` and `idempotency()`. */
export interface OpenTelemetrySeams {
  readonly onEvent: EventListener
  readonly aroundAttempt: AroundAttempt
}

/** An operation on its way. */
interface Traced {
  readonly span: Span
  readonly context: Context
  readonly beganMs: number
}

const scope = 'fetch-idempotency'

/**
 * One span for each operation, around all of its attempts and waits, and metrics: `fetch_idempotency.attempts` by verdict,
 * `fetch_idempotency.operations` by outcome, and `fetch_idempotency.operation.duration` in seconds. Without an SDK of
 * OpenTelemetry that is registered, nothing is recorded.
 *
 * @throws `TypeError` for an option that cannot work.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch } from 'fetch-idempotency'
 * import { openTelemetry } from 'fetch-idempotency/opentelemetry'
 *
 * const send = createIdempotentFetch({ ...openTelemetry() })
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetrySeams {
  checkOptions('openTelemetry', options, {
    tracer: 'object',
    meter: 'object',
    recordKey: 'boolean',
    attemptSpans: ['auto', 'always', 'never'],
    onEvent: 'function',
    aroundAttempt: 'function',
  })
  const { recordKey = false, attemptSpans = 'auto', onEvent, aroundAttempt } = options
  const pickTracer = () => options.tracer ?? trace.getTracer(scope)
  const meter = options.meter ?? metrics.getMeter(scope)
  const attempts = meter.createCounter('fetch_idempotency.attempts', {
    unit: '{attempt}',
    description: 'Requests that were sent, by what each has told',
  })
  const operations = meter.createCounter('fetch_idempotency.operations', {
    unit: '{operation}',
    description: 'Operations that have ended, by outcome',
  })
  const duration = meter.createHistogram('fetch_idempotency.operation.duration', {
    unit: 's',
    description: 'Time of an operation, its retries and waits included',
  })
  const open = new Map<string, Traced>()

  function begin({ operation, method, url, key }: IdempotencyEvent): Traced {
    const parent = context.active()
    const attributes = {
      ...attributesOfTarget(method, url),
      ...(recordKey && key !== undefined && { 'fetch_idempotency.key': key }),
    }
    const span = pickTracer().startSpan(`${method} operation`, { attributes }, parent)
    const traced = { span, context: trace.setSpan(parent, span), beganMs: performance.now() }
    open.set(operation, traced)
    return traced
  }

  function hear(event: IdempotencyEvent): void {
    const { operation, method } = event
    const { span, beganMs } = open.get(operation) ?? begin(event)
    switch (event.type) {
      case 'attempt-ended':
        attempts.add(1, { 'http.request.method': method, 'fetch_idempotency.verdict': event.verdict })
        break
      case 'waiting':
        span.addEvent('waiting', { 'fetch_idempotency.delay_ms': event.delayMs, reason: event.reason })
        break
      case 'key-ignored':
        span.addEvent('key-ignored', { reason: event.evidence.kind })
        break
      case 'settled': {
        const { outcome, replayed } = event
        const result = { 'fetch_idempotency.outcome': outcome, 'fetch_idempotency.replayed': replayed }
        span.setAttributes({ ...result, 'fetch_idempotency.attempts': event.attempts })
        if (outcome === 'unknown')
          span.setStatus({ code: SpanStatusCode.ERROR, message: 'the outcome is unknown' })
        operations.add(1, { 'http.request.method': method, ...result })
        duration.record((performance.now() - beganMs) / 1_000, { 'http.request.method': method, ...result })
        open.delete(operation)
        span.end()
      }
    }
  }

  return {
    onEvent(event) {
      try {
        hear(event)
      } finally {
        onEvent?.(event)
      }
    },
    aroundAttempt(info, next) {
      const parent = withAttempt(open.get(info.operation)?.context ?? context.active(), info.attempt)
      const send: typeof next =
        aroundAttempt === undefined ? next : (headers) => around(aroundAttempt, headers)
      const around = async (own: AroundAttempt, ours: Parameters<typeof next>[0]) => {
        let report: Awaited<ReturnType<typeof next>> | undefined
        await own(info, async (headers) => (report = await next({ ...ours, ...headers })))
        if (report === undefined) throw new TypeError('aroundAttempt did not call next()')
        return report
      }
      const isOwn = attemptSpans === 'always' || (attemptSpans === 'auto' && !isInstrumented())
      return isOwn ? traceAttempt(pickTracer(), info, parent, send) : context.with(parent, () => send())
    },
  }
}
