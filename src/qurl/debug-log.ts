import { describeShape, invalid } from './validate.js'

/** Writes a debug line. It never holds a credential, a body or a query. `data.level` tells how odd it is: `debug` or `warn`. */
export type DebugLog = (message: string, data?: Record<string, unknown>) => void

/** `debug` is what happens in every call. `warn` is an answer that was used or refused although it was not as documented. */
export type DebugLevel = 'debug' | 'warn'

/** Tells the listener that the options name. */
export type Debug = (level: DebugLevel, message: string, data: Record<string, unknown>) => void

/** What is told of the calls, and how odd it is. `undefined` when nobody listens. */
export function checkDebug(debug: unknown): Debug | undefined {
  if (typeof debug === 'function') {
    return (level, message, data) => tell(debug as DebugLog, message, { level, ...data })
  }
  if (typeof debug !== 'boolean' && debug !== 'debug' && debug !== 'warn')
    throw invalid(`debug: must be a boolean, 'debug', 'warn' or a function (got ${describeShape(debug)})`)
  if (debug === false) return undefined
  return (level, message, data) => {
    if (level === 'warn') console.warn(message, data)
    else if (debug !== 'warn') console.debug(message, data)
  }
}

/** Calls a listener whose failure, thrown or by a rejected promise, is none of the call that it is told of. */
function tell(listener: DebugLog, message: string, data: Record<string, unknown>): void {
  try {
    const told: unknown = listener(message, data)
    if (isPromiseLike(told)) told.then(undefined, () => undefined)
  } catch {
    // As above.
  }
}

const isPromiseLike = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
