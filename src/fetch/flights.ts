import { idempotencyOf, rememberFacts, type IdempotencyFacts } from '../guard/facts.js'
import type { GuardedOperation } from '../guard/guard.js'
import type { CapturedBody } from './capture-request.js'
import { onAbort } from './on-abort.js'
import { createRun, stopRun, type Run } from './run.js'
import { rebuild } from './settled-response.js'

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
}

export function createFlight(payload: CapturedBody, operation: GuardedOperation): Flight {
  return { payload, run: createRun(), operation, readers: new Set() }
}

/** Whether two bodies are the same bytes, as far as that can be seen without reading them. */
export function isSamePayload(one: CapturedBody, other: CapturedBody): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array)
    return one.length === other.length && one.every((byte, index) => byte === other[index])
  return (one ?? '') === (other ?? '')
}

/** A response whose body still streams: `over` is called when it ends in any way, and `fail` ends it from outside. */
export function watch(
  response: Response,
  over: () => void,
): { response: Response; fail: (reason: unknown) => void } {
  const reader = (response.body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader()
  let controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(own) {
        controller = own
      },
      async pull() {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        over()
      },
      cancel(reason) {
        over()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  const fail = (reason: unknown) => {
    controller.error(reason)
    reader.cancel(reason).catch(() => undefined)
  }
  return { response: rebuild(response, stream), fail }
}

function isUntouched({ body, bodyUsed }: Response): boolean {
  return body instanceof ReadableStream && !bodyUsed && !body.locked
}

/**
 * Waits for a flight. A caller who aborts leaves at once, with the reason of its own signal; the flight ends with the
 * last one who leaves.
 */
export function board(flight: Flight, signal: AbortSignal | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    let stopListening: (() => void) | undefined
    let endStream: ((reason: unknown) => void) | undefined
    const leave = () => {
      flight.readers.delete(reader)
      if (flight.readers.size === 0) stopRun(flight.run, signal?.reason)
      rememberFacts(signal?.reason, flight.operation.facts(), flight.operation)
      reject(signal?.reason)
      endStream?.(signal?.reason)
    }
    const reader: Reader = {
      give(response, facts) {
        let given = response
        // A body that still streams can be ended by its caller: only then does the flight outlive its landing.
        if (!flight.run.isStreaming) stopListening?.()
        else if (stopListening !== undefined && isUntouched(response))
          ({ response: given, fail: endStream } = watch(response, stopListening))
        rememberFacts(given, facts)
        resolve(given)
      },
      fail(error) {
        stopListening?.()
        reject(error)
      },
    }
    flight.readers.add(reader)
    if (signal?.aborted) leave()
    else if (signal !== undefined) stopListening = onAbort(signal, leave)
  })
}

/**
 * Gives the result of a flight to everyone who still waits: the response to the first, copies to the others.
 * `close` is called at that moment, so that nobody boards a flight that has landed.
 */
export function land(flight: Flight, result: Promise<Response>, close: () => void): void {
  result
    .then((response) => {
      close()
      const readers = [...flight.readers]
      const copies = readers.map((_, index) => (index === 0 ? response : response.clone()))
      for (const [index, reader] of readers.entries()) {
        reader.give(copies[index] as Response, idempotencyOf(response) as IdempotencyFacts)
      }
    })
    .catch((error: unknown) => {
      close()
      for (const reader of flight.readers) reader.fail(error)
    })
}
