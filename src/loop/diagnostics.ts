/** A channel on which what is done can be followed, such as by an APM tool. */
export interface TracedChannel {
  readonly hasSubscribers: boolean
  trace<T>(context: object, work: () => Promise<T>): Promise<T>
}

/** The channels of Node, Bun and Deno. */
export interface Tracing {
  readonly operation: TracedChannel
  readonly attempt: TracedChannel
}

interface NodeTracingChannel {
  readonly hasSubscribers: boolean
  tracePromise<T>(work: () => Promise<T>, context: object): Promise<T>
}

interface DiagnosticsChannel {
  readonly tracingChannel?: (name: string) => NodeTracingChannel
}

/**
 * The diagnostics channels `tracing:fetch-idempotency:operation:*` and `tracing:fetch-idempotency:attempt:*`, `undefined`
 * where the runtime has none. Asked of the runtime at run time: an import of `node:diagnostics_channel` would break browsers.
 *
 * @see {@link https://nodejs.org/api/diagnostics_channel.html#class-tracingchannel | TracingChannel}
 */
export function openTracing(): Tracing | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => DiagnosticsChannel | undefined }
  }
  const open = process?.getBuiltinModule?.('node:diagnostics_channel')?.tracingChannel
  if (open === undefined) return undefined
  const wrap = (name: string): TracedChannel => {
    const channel = open(`fetch-idempotency:${name}`)
    return {
      get hasSubscribers() {
        return channel.hasSubscribers
      },
      trace: (context, work) => channel.tracePromise(work, context),
    }
  }
  return { operation: wrap('operation'), attempt: wrap('attempt') }
}
