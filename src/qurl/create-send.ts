import ky from 'ky'
import { idempotency, idempotencyOf } from '../ky/index.js'
import { readAnswer } from './answer.js'
import { contract } from './contract.js'
import { QURLError } from './errors.js'
import { errorOfAnswer, errorOfLoss, errorOfMissingCrypto, isWrite } from './failure.js'
import { keepMeta } from './meta.js'
import { resolveCallOptions, type ResolvedOptions } from './options.js'
import { plainFetch } from './plain-fetch.js'
import type { Answer, Call, Send } from './send.js'
import { isRecord } from './validate.js'

/** Makes the one function that sends: a ky instance with the idempotency hooks, and the service's envelope around it. */
export function createSend(options: ResolvedOptions): Send {
  const { apiKey, baseUrl, timeoutMs, userAgent } = options
  const api = createApi(options)

  /** A service that repeats the credential in an error must not put it in ours. */
  const redact = (text: string) => (apiKey.length < 8 ? text : text.replaceAll(apiKey, '***'))

  function headersOf(call: Call, headers: Headers): Headers {
    headers.set('accept', 'application/json')
    headers.set('user-agent', userAgent)
    if (call.isPublic === true) headers.delete('authorization')
    else if (!headers.has('authorization')) headers.set('authorization', `Bearer ${apiKey}`)
    if (call.body !== undefined) headers.set('content-type', 'application/json')
    return headers
  }

  /** What a failed request stands for: an answer after all, or an error. */
  async function readFailure(call: Call, failure: unknown): Promise<Answer> {
    const facts = idempotencyOf(failure)
    const told = isWrite(call) ? facts : undefined
    const callFacts = { attempts: facts?.attempts, key: told?.key, outcome: told?.outcome }
    const response = responseOf(failure)
    if (response === undefined) {
      throw keepMeta(errorOfLoss(failure, `${call.method} ${call.path}`, callFacts), undefined, told)
    }
    const body = parse(redact(await bodyOf(failure, response)))
    // Removed already, by an attempt of this very call whose answer was lost.
    if (call.method === 'DELETE' && facts?.outcome === 'applied') return readAnswer(call, response, {}, facts)
    if (call.accepts?.(response.status, isRecord(body) ? body['data'] : undefined) === true) {
      return readAnswer(call, response, body, facts)
    }
    throw keepMeta(errorOfAnswer(response, body, callFacts), undefined, told)
  }

  return async (call) => {
    const takesKey = call.method === 'POST' || call.method === 'PATCH'
    const {
      headers,
      key,
      signal,
      timeoutMs: ownTimeoutMs,
    } = resolveCallOptions(call.options, takesKey, call.minKeyLength)
    if (takesKey && key === undefined && globalThis.crypto?.getRandomValues === undefined)
      throw errorOfMissingCrypto()
    signal?.throwIfAborted()
    const query = new URLSearchParams(call.query).toString()
    try {
      const response = await api(`${baseUrl}${call.path}${query && `?${query}`}`, {
        method: call.method,
        headers: headersOf(call, headers),
        timeout: ownTimeoutMs ?? timeoutMs,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(signal === undefined ? {} : { signal }),
        context: {
          ...(key === undefined ? {} : { idempotencyKey: key }),
          ...(call.writes === undefined ? {} : { idempotency: { writes: call.writes } }),
        },
      })
      return readAnswer(call, response, parse(await response.text()), idempotencyOf(response))
    } catch (failure) {
      if (failure instanceof QURLError) throw failure
      signal?.throwIfAborted()
      return readFailure(call, failure)
    }
  }
}

function createApi(options: ResolvedOptions) {
  const { debug, fetch, maxRetries, maxRetryAfterMs, retryDelay, timeoutMs } = options
  const hooks = idempotency({
    contract,
    fetch: plainFetch(fetch),
    deadlineMs: options.deadlineMs ?? (maxRetries + 1) * timeoutMs + 60_000,
    maxRetryAfterMs,
    onEvent: ({ type, ...event }) =>
      debug(`qurl: ${type}`, 'error' in event ? { ...event, error: String(event.error) } : event),
  })
  return ky.extend(hooks).extend({
    retry: {
      limit: maxRetries,
      backoffLimit: 30_000,
      delay: retryDelay ?? ((retry) => 500 * 2 ** (retry - 1)),
      jitter: retryDelay === undefined,
    },
  })
}

/** The parsed text, `undefined` when it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The answer in ky's `HTTPError`, of whichever copy of ky. */
function responseOf(failure: unknown): Response | undefined {
  const { name, response } = (failure ?? {}) as { name?: unknown; response?: unknown }
  return name === 'HTTPError' ? (response as Response) : undefined
}

/** The body of a failed answer. ky 2 has read it already, and parsed it where its type said JSON. */
async function bodyOf(failure: unknown, response: Response): Promise<string> {
  const { data } = failure as { data?: unknown }
  if (typeof data === 'string') return data
  if (data !== undefined) return JSON.stringify(data)
  try {
    return response.bodyUsed ? '' : await response.text()
  } catch {
    return ''
  }
}
