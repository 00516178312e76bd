import * as first from 'ky'
import * as second from 'ky2'

/** What the caller, its hooks, its callbacks and the server saw of one call. */
export interface Seen {
  /** The value or the error. */
  readonly end: unknown
  /** The requests that arrived. */
  readonly sent: readonly unknown[]
  /** The calls of hooks and callbacks, with their arguments. */
  readonly calls: readonly unknown[]
  /** Everything in its order, with the milliseconds since the call began. */
  readonly times: readonly string[]
}

export const aspects = ['end', 'sent', 'calls', 'times'] as const
export type Aspect = (typeof aspects)[number]

export interface Log {
  readonly seen: { end: unknown; sent: unknown[]; calls: unknown[]; times: string[] }
  /** The keys that arrived, which only the call with `idempotency()` has. */
  readonly keys: (string | null)[]
  readonly note: (what: string) => void
  /** Makes a value known, so that it is compared by identity. */
  readonly own: <T>(name: string, value: T) => T
  /** A hook or callback that keeps its arguments and then does what it is told. */
  readonly watch: <A extends unknown[], R>(name: string, act?: (...args: A) => R) => (...args: A) => R
  readonly tell: (value: unknown) => unknown
}

const keyHeader = 'idempotency-key'
const boundary = /-{2,}formdata-undici-\d+/g
/** The classes that the caller can import from ky. The names of both majors are the same. */
const classes = [first, second].flatMap((module) =>
  Object.entries(module).filter(([name, value]) => name.endsWith('Error') && typeof value === 'function'),
)

export const hideBoundary = (text: string) => text.replaceAll(boundary, 'BOUNDARY')

export const tellHeaders = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    [...headers].filter(([name]) => name !== keyHeader).map(([name, value]) => [name, hideBoundary(value)]),
  )

function classesOf(error: object): string[] {
  const isOf = ([, value]: readonly [string, unknown]) => error instanceof (value as typeof Error)
  return classes.filter(isOf).map(([name]) => name)
}

export function createLog(startMs = Date.now()): Log {
  const seen: Log['seen'] = { end: undefined, sent: [], calls: [], times: [] }
  const known = new Map<unknown, string>()
  const note = (what: string) => void seen.times.push(`${Date.now() - startMs} ${what}`)

  function tellError(error: Error, depth: number): unknown {
    const { name, message, cause } = error
    const facts: Record<string, unknown> = { name, message, classes: classesOf(error) }
    for (const part of ['code', 'response', 'request', 'data', 'value', 'customDelay'])
      if (part in error) facts[part] = tell(Reflect.get(error, part), depth + 1)
    if (cause !== undefined) facts['cause'] = tell(cause, depth + 1)
    return { [error.constructor.name]: facts }
  }

  function tellObject(value: object, depth: number): unknown {
    if (value instanceof Request) {
      const { method, url, headers } = value
      return { Request: { method, url, headers: tellHeaders(headers) } }
    }
    if (value instanceof Response) {
      const { status, statusText, headers, ok, type, redirected, url } = value
      return { Response: { status, statusText, headers: tellHeaders(headers), ok, type, redirected, url } }
    }
    if (value instanceof Headers) return { Headers: tellHeaders(value) }
    if (value instanceof Error) return tellError(value, depth)
    if (ArrayBuffer.isView(value)) return { bytes: new TextDecoder().decode(value as Uint8Array) }
    if (value instanceof ArrayBuffer) return { bytes: new TextDecoder().decode(value) }
    if (value instanceof Blob) return { Blob: { size: value.size, type: value.type } }
    if (value instanceof FormData) return { FormData: [...value] }
    if (Array.isArray(value)) return value.map((one) => tell(one, depth + 1))
    if ('retry' in value && 'context' in value) return tellOptions(value as object & { retry: unknown })
    if (depth > 4) return 'object'
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, tell(one, depth + 1)]))
  }

  /** The options that ky shows to hooks. Their lists of methods are longer with `idempotency()`, by design. */
  function tellOptions(options: object & { retry: unknown }): unknown {
    const names = Object.keys(options).filter((name) => !name.startsWith('idempotency'))
    const { limit } = (options.retry ?? {}) as { limit?: unknown }
    return { options: names.toSorted(), limit: limit ?? options.retry }
  }

  function tell(value: unknown, depth = 0): unknown {
    const name = known.get(value)
    if (name !== undefined) return `own ${name}`
    if (typeof value === 'function') return 'function'
    if (typeof value === 'symbol') return String(value)
    return typeof value === 'object' && value !== null ? tellObject(value, depth) : value
  }

  return {
    seen,
    keys: [],
    note,
    tell,
    own: (name, value) => {
      known.set(value, name)
      return value
    },
    watch:
      (name, act) =>
      (...args) => {
        note(name)
        seen.calls.push([name, ...args.map((arg) => tell(arg))])
        return act?.(...args) as never
      },
  }
}
