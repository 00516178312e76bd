import { KeyReusedError } from '../errors/key-reused-error.js'
import { isSamePayload } from '../fetch/flights.js'
import type { SettledBody } from '../transport/settled-response.js'
import type { KyCall } from './ky-call.js'

/** What an attempt has brought. */
export interface Transmitted extends SettledBody {
  /** The answer may be that of another request, to which a redirect has led. */
  readonly redirected: boolean
}

/** What two requests with the same key have to have in common in order to be one. */
export interface Identity {
  readonly name: string
  readonly payload: Uint8Array
}

interface Reader {
  readonly give: (answer: Transmitted) => void
  readonly fail: (error: unknown) => void
}

/** A request on its way, and everyone who waits for its answer. */
interface Flight {
  readonly payload: Uint8Array
  readonly controller: AbortController
  readonly readers: Set<Reader>
}

/** The attempts on their way whose key was given by a caller, by method, URL, key and headers. */
export type InFlight = Map<string, Flight>

/** The payloads that belong to the keys that calls were given, by the same names: also while ky waits between attempts. */
export type Holds = Map<
  string,
  { readonly payload: Uint8Array; untilMs: number; readonly calls: Set<KyCall> }
>

/** Where there is no deadline. */
const maxHoldMs = 600_000

export async function identify({ operation }: KyCall, request: Request): Promise<Identity> {
  return {
    // With other headers, such as the credentials of another account, it is not the same request.
    name: JSON.stringify([request.method, request.url, operation.key, ...request.headers]),
    payload: new Uint8Array(await request.clone().arrayBuffer()),
  }
}

/**
 * Finds the request with the same key that is on its way already.
 *
 * @throws {@link KeyReusedError} when that one has another payload.
 */
export function findFlight(
  inFlight: InFlight,
  { name, payload }: Identity,
  { operation }: KyCall,
): Flight | undefined {
  const flight = inFlight.get(name)
  // A fetch that does not heed its signal outlives its readers: nobody joins it then.
  if (flight === undefined || flight.controller.signal.aborted) return undefined
  if (!isSamePayload(flight.payload, payload)) throw new KeyReusedError(operation.errorFacts())
  return flight
}

/**
 * Keeps a key for the payload that it was given with, until the call has ended. ky does not tell of every end: at the
 * latest until the deadline, behind which nothing is sent any more.
 *
 * @throws {@link KeyReusedError} when another call has it with another payload.
 */
export function holdKey(holds: Holds, { name, payload }: Identity, call: KyCall): void {
  const { operation, settings } = call
  const nowMs = settings.clock.now()
  for (const [other, { untilMs }] of holds) {
    if (untilMs > nowMs) break
    holds.delete(other)
  }
  call.hold?.(false)
  const hold = holds.get(name) ?? { payload, untilMs: 0, calls: new Set() }
  if (!isSamePayload(hold.payload, payload)) throw new KeyReusedError(operation.errorFacts())
  hold.untilMs = Math.max(hold.untilMs, nowMs + Math.min(operation.leftMs(), maxHoldMs))
  call.hold = (mayGoOn) => {
    const known = holds.get(name) ?? hold
    if (known !== hold) return
    if (mayGoOn) holds.set(name, hold.calls.add(call) && hold)
    else if (hold.calls.delete(call) && hold.calls.size === 0) holds.delete(name)
  }
  call.hold(true)
}

/** Waits for the answer, until the attempt's `signal` aborts: the request is aborted with the last one who leaves. */
export function joinFlight({ readers, controller }: Flight, signal: AbortSignal): Promise<Transmitted> {
  return new Promise((give, fail) => {
    const reader = { give, fail }
    readers.add(reader)
    const leave = () => {
      readers.delete(reader)
      if (readers.size === 0) controller.abort(signal.reason)
    }
    // What sends may have aborted it.
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave)
  })
}

/** Sends a request, which others may join until its answer is there. */
export function openFlight(
  inFlight: InFlight,
  { name, payload }: Identity,
  send: (signal: AbortSignal) => Promise<Transmitted>,
): Flight {
  const flight: Flight = { payload, controller: new AbortController(), readers: new Set() }
  inFlight.set(name, flight)
  const close = () => {
    if (inFlight.get(name) === flight) inFlight.delete(name)
    return [...flight.readers]
  }
  send(flight.controller.signal).then(
    (answer) => {
      const [first, ...others] = close()
      for (const { give } of others) give({ ...answer, response: answer.response.clone() })
      first?.give(answer)
    },
    (error: unknown) => {
      for (const { fail } of close()) fail(error)
    },
  )
  return flight
}
