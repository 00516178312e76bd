import { idempotencyOf, isKeyReusedError, type IdempotencyFacts } from '../ky/index.js'
import { readAnswer } from './answer.js'
import { createApi } from './api.js'
import type { Answer, Call, Send } from './call.js'
import { QURLError } from './errors.js'
import { errorOfAnswer, errorOfLoss, errorOfMissingCrypto, isWrite } from './failure.js'
import { keepFacts } from './meta.js'
import { resolveCallOptions } from './call-options.js'
import type { ResolvedOptions } from './client-options.js'
import { invalid, isRecord } from './validate.js'

/** Makes the one function that sends: the service's headers and envelope around a ky instance. */
export function createSend(options: ResolvedOptions): Send {
  const { apiKey, baseUrl, userAgent } = options
  /** A service that repeats the credential in an error must not put it in ours. */
  const redact = (text: string) => (apiKey.length < 8 ? text : text.replaceAll(apiKey, '***'))
  const api = createApi(options, redact)

  function headersOf(call: Call, headers: Headers): Headers {
    headers.set('accept', 'application/json')
    headers.set('user-agent', userAgent)
    if (call.isPublic === true) headers.delete('authorization')
    else if (!headers.has('authorization')) headers.set('authorization', `Bearer ${apiKey}`)
    if (call.body !== undefined) headers.set('content-type', 'application/json')
    return headers
  }

  /** What a failed request stands for: an answer after all, or an error. */
  async function readFailure(
    call: Call,
    failure: unknown,
    facts: IdempotencyFacts | undefined,
  ): Promise<Answer> {
    const told = isWrite(call) ? facts : undefined
    const callFacts = { attempts: facts?.attempts, key: told?.key, outcome: told?.outcome }
    const response = responseOf(failure)
    if (response === undefined) {
      const isSent = facts?.outcome !== 'not-applied'
      throw keepFacts(errorOfLoss(failure, call, callFacts, isSent, redact), told)
    }
    const body = parse(redact(await readBody(failure, response)))
    // Removed already, by an attempt of this very call whose answer was lost.
    if (call.method === 'DELETE' && facts?.outcome === 'applied') return readAnswer(call, response, {}, facts)
    if (call.accepts?.(response.status, isRecord(body) ? body['data'] : undefined) === true) {
      return readAnswer(call, response, body, facts)
    }
    const reuse = isKeyReusedError(failure) ? { code: failure.code, cause: failure } : {}
    throw keepFacts(errorOfAnswer(response, body, call, { ...callFacts, ...reuse }), told)
  }

  return async (call) => {
    const takesKey = call.method === 'POST' || call.method === 'PATCH'
    const {
      headers,
      key,
      signal,
      firstSentMs: firstSentAt,
      ...own
    } = resolveCallOptions(call.options, takesKey, call.minKeyLength)
    if (takesKey && key === undefined && !hasCrypto()) throw errorOfMissingCrypto()
    const body = call.body === undefined ? {} : { body: stringify(call.body) }
    const query = new URLSearchParams(call.query).toString()
    const timeoutMs = own.timeoutMs ?? options.timeoutMs
    signal?.throwIfAborted()

    try {
      const response = await api(`${baseUrl}${call.path}${query && `?${query}`}`, {
        method: call.method,
        headers: headersOf(call, headers),
        ...body,
        timeout: timeoutMs,
        ...(signal === undefined ? {} : { signal }),
        context: {
          ...(key === undefined ? {} : { idempotencyKey: key }),
          ...(call.writes === undefined ? {} : { idempotency: { writes: call.writes, firstSentAt } }),
        },
      })
      return readAnswer(call, response, parse(await response.text()), idempotencyOf(response))
    } catch (failure) {
      if (failure instanceof QURLError) throw failure
      signal?.throwIfAborted()
      return readFailure(call, failure, idempotencyOf(failure))
    }
  }
}

const hasCrypto = (): boolean => globalThis.crypto?.getRandomValues !== undefined

function stringify(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch {
    throw invalid('the input cannot be written as JSON')
  }
}

/** The parsed text, `undefined` when it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The answer in ky's `HTTPError`, of whichever copy of ky, or behind a key that was used before. */
function responseOf(failure: unknown): Response | undefined {
  const { name, response } = (failure ?? {}) as { name?: unknown; response?: Response }
  return name === 'HTTPError' || isKeyReusedError(failure) ? response : undefined
}

/** The body of a failed answer. ky 2 has read it already, and parsed it where its type said JSON. */
async function readBody(failure: unknown, response: Response): Promise<string> {
  const { data } = failure as { data?: unknown }
  if (typeof data === 'string') return data
  if (data !== undefined) return JSON.stringify(data)
  try {
    return response.bodyUsed ? '' : await response.text()
  } catch {
    return ''
  }
}
