import { KeyReusedError } from '../errors/key-reused-error.js'
import { isSamePayload } from '../fetch/flights.js'
import type { SettledBody } from '../fetch/settled-response.js'
import type { KyCall } from './ky-call.js'

/** The attempts on their way whose key was given by a caller, by method, URL and key. */
export type InFlight = Map<
  string,
  { readonly call: KyCall; readonly payload: Uint8Array; readonly answer: Promise<SettledBody> }
>

/**
 * Sends a request, or joins the one with the same key that is on its way already and takes a copy of its answer.
 *
 * @throws {@link KeyReusedError} before anything is sent, when that one has another payload.
 */
export async function shareInFlight(
  inFlight: InFlight,
  call: KyCall,
  request: Request,
  send: () => Promise<SettledBody>,
): Promise<SettledBody> {
  const { operation } = call
  const id = `${request.method} ${request.url} ${operation.key}`
  const payload = new Uint8Array(await request.clone().arrayBuffer())
  const other = inFlight.get(id)
  // A fetch may outlive its attempt: Node forgets to abort a cloned request whose controller was garbage.
  if (other === undefined || other.call === call || !other.call.isUnderWay) {
    const entry = { call, payload, answer: send() }
    inFlight.set(id, entry)
    return entry.answer.finally(() => {
      if (inFlight.get(id) === entry) inFlight.delete(id)
    })
  }
  if (!isSamePayload(other.payload, payload)) throw new KeyReusedError(operation.errorFacts())
  const { response, bytes } = await other.answer
  return { response: response.clone(), bytes }
}
