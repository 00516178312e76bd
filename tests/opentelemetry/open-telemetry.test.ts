import { context, propagation, trace, SpanKind, SpanStatusCode, type Context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createIdempotentFetch, exponentialBackoff, idempotencyOf } from 'fetch-idempotency'
import { openTelemetry, resendCount } from 'fetch-idempotency/opentelemetry'

const exporter = new InMemorySpanExporter()
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({
  exporter: metricExporter,
  exportIntervalMillis: 3_600_000,
})
const meters = new MeterProvider({ readers: [reader] })
const manager = new AsyncLocalStorageContextManager()

/** Answers of the server, one for each request: `drop` does the work and loses the answer. */
let answers: ('drop' | number)[] = []
const requests: IncomingMessage[] = []
const made = new Set<string>()
const server = createServer((request, response) => {
  requests.push(request)
  request.resume().on('end', () => {
    const answer = answers.shift() ?? 201
    const key = String(request.headers['idempotency-key'])
    const isReplay = made.has(key) && answer === 201
    if (answer === 'drop' || answer < 300) made.add(key)
    if (answer === 'drop') return request.socket.destroy()
    const headers = { 'content-type': 'application/json', ...(isReplay && { 'idempotent-replayed': 'true' }) }
    response.writeHead(answer, headers).end('{"id":1}')
  })
})
let url = ''

beforeAll(async () => {
  manager.enable()
  context.setGlobalContextManager(manager)
  trace.setGlobalTracerProvider(provider)
  propagation.setGlobalPropagator({
    inject: (active: Context, carrier, setter) =>
      setter.set(carrier, 'traceparent', trace.getSpanContext(active)?.spanId ?? 'none'),
    extract: (active) => active,
    fields: () => ['traceparent'],
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
})

afterAll(async () => {
  trace.disable()
  context.disable()
  propagation.disable()
  await meters.shutdown()
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  exporter.reset()
  requests.length = 0
  answers = []
})

const meter = meters.getMeter('test')
const retry = { backoff: exponentialBackoff({ baseMs: 1 }) }
const post = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
const spans = (kind: SpanKind) => exporter.getFinishedSpans().filter((span) => span.kind === kind)
const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId

describe('without an instrumentation of fetch', () => {
  it('an operation is one span around all of its attempts', async () => {
    const send = createIdempotentFetch({ retry, ...openTelemetry({ meter }) })
    answers = ['drop', 503, 201]
    const root = trace.getTracer('test').startSpan('job')
    const response = await context.with(trace.setSpan(context.active(), root), () =>
      send(`${url}?secret=1`, post),
    )
    root.end()
    expect(response.status).toBe(201)

    const operation = exporter.getFinishedSpans().find(({ name }) => name === 'POST operation')
    expect(operation?.kind).toBe(SpanKind.INTERNAL)
    expect(operation && parentOf(operation)).toBe(root.spanContext().spanId)
    expect(operation?.attributes).toEqual({
      'http.request.method': 'POST',
      'url.full': url,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
      'fetch_idempotency.outcome': 'applied',
      'fetch_idempotency.replayed': true,
      'fetch_idempotency.attempts': 3,
    })
    expect(operation?.events.map(({ name }) => name)).toEqual(['waiting', 'waiting'])

    const attempts = spans(SpanKind.CLIENT)
    expect(attempts.map((span) => parentOf(span))).toEqual(
      Array.from({ length: 3 }, () => operation?.spanContext().spanId),
    )
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([
      undefined,
      1,
      2,
    ])
    expect(attempts.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([
      undefined,
      503,
      201,
    ])
    expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual([
      'TypeError',
      '503',
      undefined,
    ])
    expect(attempts.map(({ status }) => status.code)).toEqual([2, 2, 0])
    expect(requests.map(({ headers }) => headers['traceparent'])).toEqual(
      attempts.map((span) => span.spanContext().spanId),
    )
  })

  it('an unknown outcome is an error, and the key is shown only when asked for', async () => {
    const seen: string[] = []
    const onEvent = ({ type }: { type: string }) => void seen.push(type)
    const send = createIdempotentFetch({
      retry: { ...retry, maxAttempts: 1 },
      ...openTelemetry({ meter, recordKey: true, attemptSpans: 'never', onEvent }),
    })
    answers = ['drop']
    const error: unknown = await send(url, post).catch((reason: unknown) => reason)
    const [operation, ...others] = exporter.getFinishedSpans()
    expect(others).toEqual([])
    expect(operation?.status.code).toBe(SpanStatusCode.ERROR)
    expect(operation?.attributes['fetch_idempotency.key']).toBe(idempotencyOf(error)?.key)
    expect(operation?.attributes['fetch_idempotency.outcome']).toBe('unknown')
    expect(seen).toEqual(['attempt-started', 'attempt-ended', 'settled'])
  })

  it('code of the user around an attempt runs inside of its span, and its headers go over those of the trace', async () => {
    let active: string | undefined
    const send = createIdempotentFetch({
      ...openTelemetry({
        meter,
        aroundAttempt: async (_, next) => {
          active = trace.getActiveSpan()?.spanContext().spanId
          await next({ 'x-own': '1' })
        },
      }),
    })
    await send(url, post)
    expect(active).toBe(spans(SpanKind.CLIENT)[0]?.spanContext().spanId)
    expect(requests[0]?.headers).toMatchObject({ 'x-own': '1', traceparent: active })
    const forgetful = createIdempotentFetch(openTelemetry({ meter, aroundAttempt: async () => undefined }))
    await expect(forgetful(url, post)).rejects.toThrow('did not call next()')
    expect(exporter.getFinishedSpans()).toHaveLength(4)
  })

  it('an option that cannot work is refused', () => {
    expect(() => openTelemetry({ recordKey: 'yes' as never })).toThrow(TypeError)
    expect(() => openTelemetry({ attemptSpans: 'some' as never })).toThrow(TypeError)
  })
})

describe('with the instrumentation of undici', () => {
  let instrumentation: UndiciInstrumentation
  beforeAll(() => {
    instrumentation = new UndiciInstrumentation({ startSpanHook: resendCount })
    instrumentation.setTracerProvider(provider)
  })
  afterAll(() => instrumentation.disable())

  it('has the spans of the attempts: no double span, and the resends are counted', async () => {
    const send = createIdempotentFetch({ retry, ...openTelemetry({ meter }) })
    answers = ['drop', 503, 201]
    await send(url, post)
    const [operation] = spans(SpanKind.INTERNAL)
    await vi.waitFor(() => expect(spans(SpanKind.CLIENT)).toHaveLength(3))
    const attempts = spans(SpanKind.CLIENT)
    expect(new Set(attempts.map((span) => parentOf(span)))).toEqual(
      new Set([operation?.spanContext().spanId]),
    )
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([
      undefined,
      1,
      2,
    ])
  })

  it('misses and doubles nothing in 1,000 operations at once, a fifth of whose answers are lost', async () => {
    const counts = new Map<string, number>()
    const send = createIdempotentFetch({ retry: { ...retry, maxAttempts: 20 }, ...openTelemetry({ meter }) })
    answers = Array.from({ length: 1_200 }, (_, index) => (index % 6 === 0 ? 'drop' : 201))
    for (let batch = 0; batch < 20; batch += 1)
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const facts = idempotencyOf(await send(url, post))
          counts.set(String(facts?.key), facts?.attempts ?? 0)
        }),
      )
    const sent = [...counts.values()].reduce((sum, count) => sum + count, 0)
    expect(counts.size).toBe(1_000)
    expect(spans(SpanKind.INTERNAL)).toHaveLength(1_000)
    await vi.waitFor(() => expect(spans(SpanKind.CLIENT)).toHaveLength(sent))
    expect(requests).toHaveLength(sent)
    const resent = spans(SpanKind.CLIENT).filter(({ attributes }) => attributes['http.request.resend_count'])
    expect(resent).toHaveLength(sent - 1_000)
  })
})

describe('metrics', () => {
  it('count attempts by verdict and operations by outcome', async () => {
    const own = meters.getMeter('counted')
    const send = createIdempotentFetch({ retry, ...openTelemetry({ meter: own }) })
    answers = ['drop', 201, 400]
    await send(url, post)
    await send(url, post)
    await reader.forceFlush()
    const scope = metricExporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.find(({ scope }) => scope.name === 'counted')
    const points = (name: string) =>
      scope?.metrics
        .find(({ descriptor }) => descriptor.name === `fetch_idempotency.${name}`)
        ?.dataPoints.map(({ attributes, value }) => ({ ...attributes, value }))
    const method = { 'http.request.method': 'POST' }
    expect(points('attempts')).toEqual([
      { ...method, 'fetch_idempotency.verdict': 'unknown', value: 1 },
      { ...method, 'fetch_idempotency.verdict': 'done', value: 1 },
      { ...method, 'fetch_idempotency.verdict': 'failed', value: 1 },
    ])
    const ends = (outcome: string, replayed: boolean) => ({
      ...method,
      'fetch_idempotency.outcome': outcome,
      'fetch_idempotency.replayed': replayed,
    })
    expect(points('operations')).toEqual([
      { ...ends('applied', true), value: 1 },
      { ...ends('not-applied', false), value: 1 },
    ])
    expect(points('operation.duration')?.map(({ value }) => (value as { count: number }).count)).toEqual([
      1, 1,
    ])
  })
})
