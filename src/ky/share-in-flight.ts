import { KeyReusedError } from '../errors/key-reused-error.js'
import { isSamePayload } from '../fetch/flights.js'
import type { SettledBody } from '../fetch/settled-response.js'
import type { KyCall } from './ky-call.js'

/** What two requests with the same key have to have in common in order to be one. */
export interface Identity {
  readonly name: string
  readonly payload: Uint8Array
}

/** A request on its way, and its end. */
interface Flight {
  readonly payload: Uint8Array
  readonly signal: AbortSignal
  readonly answer: Promise<SettledBody>
}

/** The attempts on their way whose key was given by a caller, by method, URL, key and headers. */
export type InFlight = Map<string, Flight>

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
  // A fetch that does not heed its signal outlives its attempt: nobody joins it then.
  if (flight === undefined || flight.signal.aborted) return undefined
  if (!isSamePayload(flight.payload, payload)) throw new KeyReusedError(operation.errorFacts())
  return flight
}

/** A copy of the answer to a request of another call. */
export async function joinFlight({ answer }: Flight): Promise<SettledBody> {
  const { response, bytes } = await answer
  return { response: response.clone(), bytes }
}

/** Lets others join a request until it ends. */
export function openFlight(
  inFlight: InFlight,
  { name, payload }: Identity,
  signal: AbortSignal,
  answer: Promise<SettledBody>,
): Promise<SettledBody> {
  const flight = { payload, signal, answer }
  inFlight.set(name, flight)
  return answer.finally(() => inFlight.get(name) === flight && inFlight.delete(name))
}
