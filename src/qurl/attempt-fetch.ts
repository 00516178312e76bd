import { exchangeOption, type Exchange, type Received } from './exchange.js'
import { receive } from './receive.js'

/**
 * The `fetch` below ky and its hooks. It sends what the exchange of a call holds, with the key that the hooks made, as a URL
 * string and an init of plain values, which is all that many stand-ins for `fetch` take. It never follows a redirect: neither
 * body nor key nor credential reaches another place. It reads the answer itself, so that no body is read outside of the
 * attempt's time, and shows ky no more of it than ky needs to judge.
 */
export function createAttemptFetch(send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const { [exchangeOption]: exchange } = (init ?? {}) as { [exchangeOption]?: Exchange }
    if (exchange === undefined) throw new TypeError('ky did not pass on the call; is a hook in the way?')
    const request = typeof input === 'object' && 'headers' in input ? input : undefined
    exchange.head = undefined
    exchange.received = undefined
    exchange.attempts += 1
    const key = (request?.headers ?? new Headers(init?.headers)).get('idempotency-key')
    const headers = key === null ? exchange.headers : { ...exchange.headers, 'Idempotency-Key': key }
    // The exchange has the body; ky 1.14 waits until every copy of it was read or let go.
    request?.body?.cancel().catch(() => undefined)
    const signal = init?.signal ?? request?.signal
    const received = await receive(send, exchange, headers, signal)
    exchange.received = received
    return show(received, exchange.isShareable)
  }
}

const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** What ky and its hooks see of an answer: of a success its status and headers, of an error its body as well. */
function show({ status, headers, text, problem }: Received, isShareable: boolean): Response {
  // What cannot be used is refused when the call ends; a request that was sent again would end the same way.
  const shown = problem === undefined ? status : 204
  if (bodiless.has(shown) || (shown < 300 && !isShareable))
    return new Response(null, { status: shown, headers })
  const bytes = new TextEncoder().encode(text)
  const fitting = new Headers(headers)
  // The body is here, decoded and whole.
  fitting.delete('content-encoding')
  fitting.set('content-length', String(bytes.byteLength))
  return new Response(bytes, { status: shown, headers: fitting })
}
