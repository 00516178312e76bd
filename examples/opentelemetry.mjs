// The spans of a write whose first answer is lost. Run it with `npm run build && node examples/opentelemetry.mjs`. In a program of yours,
// the SDK sends them to a collector; here they are printed.
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { createIdempotentFetch } from 'fetch-idempotency'
import { openTelemetry } from 'fetch-idempotency/opentelemetry'
import { startFaultyServer } from 'fetch-idempotency/testing/server'

const exporter = new InMemorySpanExporter()
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
)
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())

const server = await startFaultyServer({ faults: ['lose-answer'] })
const send = createIdempotentFetch({ ...openTelemetry() })
const tracer = trace.getTracer('orders')
await tracer.startActiveSpan('buy a book', async (span) => {
  await send(`${server.url}/orders`, { method: 'POST', body: '{"item":"book"}' })
  span.end()
})
await server.close()

const spans = exporter.getFinishedSpans()
const print = (parent, indent = '') => {
  for (const span of spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)) {
    const { 'http.response.status_code': status, 'error.type': error, ...more } = span.attributes
    const resends = more['http.request.resend_count']
    const outcome = more['fetch_idempotency.outcome']
    const facts = [outcome, status ?? error, resends && `resend ${resends}`].filter(Boolean)
    console.log(`${indent}${span.name}${facts.length > 0 ? `: ${facts.join(', ')}` : ''}`)
    print(span.spanContext().spanId, `${indent}  `)
  }
}
print(undefined)
