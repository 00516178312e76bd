import { idempotencyOf, rememberFacts, type IdempotencyFacts } from '../operation/facts.js'
import type { GuardedOperation } from '../loop/guard.js'
import type { CapturedBody } from '../transport/capture-request.js'
import { startTimer } from '../clock/start-timer.js'
import { endOnAbort, onAbort, type Endable } from '../transport/on-abort.js'
import { createRun, stopRun, type Run } from '../loop/run.js'
import { rebuild } from '../transport/settled-response.js'

interface Reader {
  readonly give: (response: Response, facts: IdempotencyFacts) => void
  readonly fail: (error: unknown) => void
}

/** One operation on its way, and everyone who waits for it. */
export interface Flight {
  readonly payload: CapturedBody
  readonly run: Run
  readonly operation: GuardedOperation
  readonly readers: Set<Reader>
  /** Those who go on by themselves when it has landed. */
  readonly followers: (() => void)[]
}

/** How long a caller waits for a flight of another, and what it is told then. */
export interface Patience {
  readonly leftMs: number
  readonly late: () => unknown
}

export function createFlight(payload: CapturedBody, operation: GuardedOperation): Flight {
  return { payload, run: createRun(), operation, readers: new Set(), followers: [] }
}

const encoder = new TextEncoder()

function bytesOf(body: CapturedBody): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body
  return typeof body === 'string' || !body ? encoder.encode(body ?? '') : undefined
}

/** Whether two bodies are the same bytes, `undefined` where that cannot be seen without reading them. */
export function isSamePayload(one: CapturedBody, other: CapturedBody): boolean | undefined {
  if (one === other) return true
  const bytes = bytesOf(one)
  const otherBytes = bytesOf(other)
  const size = bytes?.length ?? (one as Blob).size
  const otherSize = otherBytes?.length ?? (other as Blob).size
  if (size === undefined || otherSize === undefined) return undefined
  if (size !== otherSize) return false
  return size === 0 || (bytes && otherBytes && bytes.every((byte, index) => byte === otherBytes[index]))
}

/**
 * A response whose body still streams: `over` is called when it ends in any way, and `fail` ends it from outside. Until it
 * is read, the given one is not: runtimes free the connection of a response that nobody has any more.
 */
export function watch(
  response: Response,
  over: () => void,
): { response: Response; fail: (reason: unknown) => void } {
  let opened: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined
  const open = () => (opened ??= (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader())
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(own) {
        controller = own
      },
      async pull() {
        try {
          const { done, value } = await open().read()
          if (!done) return controller.enqueue(value)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        over()
      },
      cancel(reason) {
        over()
        return open().cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const fail = (reason: unknown) => {
    controller.error(reason)
    open()
      .cancel(reason)
      .catch(() => undefined)
  }
  return { response: rebuild(response, stream), fail }
}

function isUntouched({ body, bodyUsed }: Response): boolean {
  return body instanceof ReadableStream && !bodyUsed && !body.locked
}

/** The body of a reader, which lives with the stream that it is read from. */
interface Live extends Endable {
  stop?: () => void
  fail?: (reason: unknown) => void
}

/** Calls `leave` when the signal aborts, or when the patience ends. Gives the function that ends the wait. */
function waitUntil(
  signal: AbortSignal | undefined,
  patience: Patience | undefined,
  leave: (reason: unknown) => void,
): () => void {
  const stopListening = signal && onAbort(signal, () => leave(signal.reason))
  const timer = patience && startTimer(() => leave(patience.late()), patience.leftMs)
  return () => {
    stopListening?.()
    clearTimeout(timer)
  }
}

/**
 * Waits for a flight. A caller who aborts leaves at once, with the reason of its own signal; the flight ends with the
 * last one who leaves.
 */
export function board(
  { readers, run, operation }: Flight,
  signal: AbortSignal | undefined,
  patience?: Patience,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const leave = (reason: unknown, isLanded = false) => {
      stopWaiting?.()
      readers.delete(reader)
      if (readers.size === 0) stopRun(run, reason)
      const facts = operation.facts()
      // What goes on for the others can be applied yet.
      const isOpen = readers.size > 0 && !isLanded
      rememberFacts(reason, isOpen ? { ...facts, outcome: 'unknown' } : facts, operation)
      reject(reason)
    }
    const reader: Reader = {
      give(response, facts) {
        stopWaiting?.()
        let given = response
        // A body that still streams can be ended by its caller: only then does the flight outlive its landing.
        if (signal !== undefined && run.isStreaming) {
          const live: Live = {
            end(reason) {
              leave(reason, true)
              live.fail?.(reason)
            },
          }
          if (isUntouched(response))
            ({ response: given, fail: live.fail } = watch(response, () => live.stop?.()))
          live.stop =
            given === response ? onAbort(signal, () => live.end(signal.reason)) : endOnAbort(signal, live)
        }
        rememberFacts(given, facts)
        resolve(given)
      },
      fail(error) {
        stopWaiting?.()
        reject(error)
      },
    }
    readers.add(reader)
    let stopWaiting: (() => void) | undefined
    if (signal?.aborted) leave(signal.reason)
    else stopWaiting = waitUntil(signal, patience, leave)
  })
}

/** Waits until a flight has landed whose payload cannot be told from the caller's. */
export function follow(
  { followers, operation }: Flight,
  signal: AbortSignal | undefined,
  patience: Patience,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopWaiting = waitUntil(signal, patience, (reason) => {
      stopWaiting()
      rememberFacts(reason, { ...operation.facts(), outcome: 'unknown' }, operation)
      reject(reason)
    })
    followers.push(() => {
      stopWaiting()
      resolve()
    })
  })
}

/**
 * Gives the result of a flight to everyone who still waits: the response to the first, copies to the others.
 * `close` is called at that moment, so that nobody boards a flight that has landed.
 */
export function land(flight: Flight, result: Promise<Response>, close: () => void): void {
  const over = () => {
    close()
    for (const go of flight.followers.splice(0)) go()
  }
  result
    .then((response) => {
      over()
      const readers = [...flight.readers]
      const copies = readers.map((_, index) => (index === 0 ? response : response.clone()))
      for (const [index, reader] of readers.entries()) {
        reader.give(copies[index] as Response, idempotencyOf(response) as IdempotencyFacts)
      }
    })
    .catch((error: unknown) => {
      over()
      for (const reader of flight.readers) reader.fail(error)
    })
}
