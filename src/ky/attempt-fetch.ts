import { isIdempotencyError } from '../errors/idempotency-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import { markIdempotentFetch } from '../fetch/nesting.js'
import { settleResponse, type SettledBody } from '../fetch/settled-response.js'
import { readFailure } from '../fetch/transport-failure.js'
import { conclude } from '../guard/conclude.js'
import { rememberFacts } from '../guard/facts.js'
import type { GuardSettings } from '../guard/guard-options.js'
import { beginAttempt, contextOption, endAttempt, findCallOfRequest, type KyCall } from './ky-call.js'
import { shareInFlight, type InFlight } from './share-in-flight.js'
import { readHeaderKey, stampHeaders } from './stamp-key.js'

/** What ky 2 takes for a lost connection, by the message; anything else it would not retry. */
const lostMessage =
  /^(?:fetch failed|terminated|Failed to fetch|Load failed|NetworkError when|network error|error sending request)/

function asNetworkError(error: unknown): unknown {
  if (error instanceof TypeError && lostMessage.test(error.message)) return error
  return new TypeError('fetch failed', { cause: error })
}

async function stampBody(
  { contract: { carrier } }: GuardSettings,
  { operation }: KyCall,
  request: Request,
): Promise<Request> {
  const { key } = operation
  if (key === undefined || carrier.in === 'header' || !operation.isKeyed()) return request
  const { url, method, headers, signal } = request
  if (carrier.in === 'query') {
    const isStamped = new URL(url).searchParams.get(carrier.name) === key
    return isStamped ? request : new Request(carrier.write(carrier.name, url, key), request)
  }
  try {
    const body = carrier.write(carrier.path, await request.text(), key)
    return new Request(url, { ...pickSettings(request), method, headers, signal, body })
  } catch (cause) {
    throw new UnsendableError({ ...operation.errorFacts(), cause })
  }
}

function pickSettings({
  credentials,
  cache,
  redirect,
  referrer,
  integrity,
  keepalive,
}: Request): RequestInit {
  return { credentials, cache, redirect, referrer, integrity, keepalive }
}

/** Reads are streamed to the caller when they succeed; everything else is read to its end within the attempt. */
function settle(response: Response, request: Request, maxBytes: number): Promise<SettledBody> | SettledBody {
  const isStreamed = response.ok && /^(?:GET|HEAD|OPTIONS)$/.test(request.method)
  return isStreamed ? { response, bytes: undefined } : settleResponse(response, maxBytes)
}

/**
 * The fetch that `idempotency()` hands to ky: it reads the body within the attempt, so that ky can retry a lost one;
 * sends again itself where ky cannot, as to a server that is still running; and turns the end of an operation into what
 * is true of it.
 */
export function createAttemptFetch(
  settings: GuardSettings,
  base: typeof fetch,
  maxResponseBytes: number,
): (input: Request, init?: RequestInit) => Promise<Response> {
  const inFlight: InFlight = new Map()

  async function transmit(call: KyCall, request: Request, init: RequestInit): Promise<SettledBody> {
    const send = async () => settle(await base(request, init), request, maxResponseBytes)
    return call.isGiven ? shareInFlight(inFlight, call, request, send) : send()
  }

  /** The end of an operation, or of an attempt that ky may follow with another. */
  async function attempt(call: KyCall, request: Request, init: RequestInit): Promise<Response> {
    const { operation } = call
    for (;;) {
      const isOverdue = beginAttempt(call) <= 0
      rememberFacts(request, operation.facts())
      const again = operation.key === undefined ? undefined : request.clone()
      let response: Response | undefined
      let error: unknown
      try {
        if (isOverdue) throw new DOMException('the deadline has passed', 'TimeoutError')
        const body = await transmit(call, request, init)
        if (request.signal.aborted) throw request.signal.reason
        response = body.response
        endAttempt(call, { status: response.status, headers: response.headers, bytes: body.bytes })
      } catch (caught) {
        if (isIdempotencyError(caught)) throw caught
        if (request.signal.aborted) {
          rememberFacts(caught, operation.facts())
          throw caught
        }
        error = asNetworkError(caught)
        endAttempt(call, { lost: readFailure(caught), error: caught, isTimeout: isOverdue })
      }
      const ended = call.ended as NonNullable<KyCall['ended']>
      const { reading, decision } = ended
      rememberFacts(response ?? error, operation.facts())
      if (decision.action === 'settle') {
        const retry = () => Promise.reject(error)
        const concluded = conclude(operation, { ...ended, response, error }, call.ends, retry, request.signal)
        return await concluded.catch((last: unknown) => {
          // ky has errors of its own for a lost answer: the facts go with them.
          const isOurs = error === undefined || !isIdempotencyError(last) || last.code === 'already_done'
          const end = isOurs ? last : error
          rememberFacts(end, operation.facts())
          throw end
        })
      }
      // ky knows no retry for a server that is still running, or that asks for one with a status of its choice.
      const isBeyondKy = reading.verdict === 'running' || reading.verdict === 'failed'
      if (!isBeyondKy || again === undefined) {
        if (response === undefined) throw error
        return response
      }
      await settings.clock.sleep(decision.delayMs, request.signal)
      request = again
    }
  }

  return markIdempotentFetch(async (input: Request, init?: RequestInit) => {
    const call = findCallOfRequest(input, init, (request) => readHeaderKey(settings, request))
    const { [contextOption]: _, ...rest } = (init ?? {}) as Record<string, unknown>
    if (call === undefined) return base(input, rest)
    stampHeaders(settings, call, input.headers)
    return attempt(call, await stampBody(settings, call, input), rest)
  })
}
