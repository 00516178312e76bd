import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Tracer,
} from '@opentelemetry/api'
import type { AttemptHeaders, AttemptInfo, AttemptReport } from '../loop/transport.js'
import { attributesOfAttempt } from './resend-count.js'

interface Diagnostics {
  readonly hasSubscribers?: (name: string) => boolean
}

/** Whether somebody else makes a span of each request: an instrumentation of undici, or one that has wrapped the `fetch` of a browser. */
export function isInstrumented(): boolean {
  const { process, fetch } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => Diagnostics | undefined }
    fetch?: { __wrapped?: unknown }
  }
  const channels = process?.getBuiltinModule?.('node:diagnostics_channel')
  return channels?.hasSubscribers?.('undici:request:create') === true || fetch?.__wrapped === true
}

/** The attributes that tell where a request goes. */
export function attributesOfTarget(method: string, url: string) {
  const target = URL.canParse(url) ? new URL(url) : undefined
  const port = target && Number(target.port || (target.protocol === 'https:' ? 443 : 80))
  return {
    'http.request.method': method,
    'url.full': url,
    ...(target && { 'server.address': target.hostname, 'server.port': port as number }),
  }
}

/** Sends one attempt in a span of its own, whose `traceparent` goes with it. */
export function traceAttempt(
  tracer: Tracer,
  { method, url, attempt }: AttemptInfo,
  parent: Context,
  next: (headers?: AttemptHeaders) => Promise<AttemptReport>,
): Promise<AttemptReport> {
  const attributes = { ...attributesOfTarget(method, url), ...attributesOfAttempt(attempt) }
  const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent)
  const own = trace.setSpan(parent, span)
  const headers: Record<string, string> = {}
  propagation.inject(own, headers)
  const tell = ({ status, error }: AttemptReport) => {
    if (status !== undefined) span.setAttribute('http.response.status_code', status)
    const type = status === undefined ? nameOf(error) : status >= 400 ? String(status) : undefined
    if (type === undefined) return
    span.setAttribute('error.type', type)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  return context
    .with(own, () => next(headers))
    .then(
      (report) => {
        tell(report)
        return report
      },
      (error: unknown) => {
        tell({ status: undefined, error })
        throw error
      },
    )
    .finally(() => span.end())
}

function nameOf(error: unknown): string {
  const { name } = Object(error) as { name?: unknown }
  return typeof name === 'string' ? name : '_OTHER'
}
