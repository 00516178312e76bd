import { idempotencyOf, isKeyReusedError, type IdempotencyFacts } from '../ky/index.js'
import { readAnswer } from './answer.js'
import { monotonicNow } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'
import { createApi } from './api.js'
import type { Answer, Call, Send } from './call.js'
import { credentialOf } from './credential.js'
import type { Exchange, Received } from './exchange.js'
import { parseJson } from './json.js'
import { kyOptions } from './ky-options.js'
import { errorOfLoss, errorOfMissingCrypto, isUnsent } from './loss.js'
import { keepFacts } from './meta.js'
import { resolveCallOptions } from './call-options.js'
import type { ResolvedOptions } from './client-options.js'
import { errorOfProblem } from './problem.js'
import { QURLError } from './qurl-error.js'
import { requestHeaders } from './request-headers.js'
import { invalid, isRecord } from './validate.js'

/** Makes the one function that sends: the service's headers and envelope around a ky instance. */
export function createSend(options: ResolvedOptions): Send {
  const { apiKey, baseUrl, debug, userAgent } = options
  /** The credential of the last call, for what is not told of one call alone. */
  let lastCredential = typeof apiKey === 'string' ? apiKey : ''
  const api = createApi(options, (text) => hide(text, lastCredential))

  return async (call) => {
    const { method, path } = call
    const takesKey = method === 'POST' || method === 'PATCH'
    const isRead = method === 'GET'
    const given = resolveCallOptions(call.options, takesKey, call.minKeyLength, call.needsKey)
    const { key, signal } = given
    if (takesKey && key === undefined && !hasCrypto()) throw errorOfMissingCrypto()
    signal?.throwIfAborted()

    const body = call.body === undefined ? undefined : stringify(call.body)
    const credential = call.isPublic === true ? undefined : await credentialOf(apiKey, signal)
    if (credential !== undefined) lastCredential = credential
    const headers = requestHeaders({
      credential,
      userAgent,
      hasBody: body !== undefined,
      given: given.headers,
    })
    if (call.isPublic === true) delete headers['Authorization']
    Object.assign(headers, call.headers)
    const exchange: Exchange = {
      url: `${baseUrl}${path}${queryOf(call.query)}`,
      method,
      headers,
      body,
      timeoutMs: given.timeoutMs ?? options.timeoutMs,
      isShareable: key !== undefined,
      needsErrorBody: call.accepts !== undefined,
      untilMs:
        isRead && options.deadlineMs !== undefined
          ? monotonicNow(systemClock) + options.deadlineMs
          : undefined,
      attempts: 0,
    }
    const redact = (text: string) => hide(text, credential)
    const settled = (received: Received, facts: IdempotencyFacts | undefined) =>
      readAnswer(call, received, facts, {
        baseUrl,
        attempts: exchange.attempts,
        note: (message, more) =>
          debug?.('warn', `qurl: ${message}`, { method, path, status: received.status, ...more }),
      })

    try {
      const response = await api(exchange.url, kyOptions(call, exchange, given, options))
      if (isRead) debug?.('debug', 'qurl: settled', { method, path, attempts: exchange.attempts })
      return settled(exchange.received ?? (await readShared(response)), idempotencyOf(response))
    } catch (failure) {
      if (failure instanceof QURLError) throw failure
      signal?.throwIfAborted()
      return await readFailure(call, failure, exchange, redact, settled)
    }
  }
}

/** What a failed request stands for: an answer after all, or an error. */
async function readFailure(
  call: Call,
  failure: unknown,
  exchange: Exchange,
  redact: (text: string) => string,
  settled: (received: Received, facts: IdempotencyFacts | undefined) => Answer,
): Promise<Answer> {
  const facts = idempotencyOf(failure)
  const told = call.method === 'GET' ? undefined : facts
  const callFacts = { attempts: facts?.attempts ?? exchange.attempts, key: told?.key, outcome: told?.outcome }
  const response = responseOf(failure)
  const received =
    response === undefined ? headOf(failure, exchange) : (exchange.received ?? (await readShared(response)))
  if (received === undefined) {
    const isSent = facts === undefined ? !isUnsent(failure) : facts.outcome !== 'not-applied'
    throw keepFacts(errorOfLoss(failure, call, callFacts, isSent, redact), told)
  }
  // Removed already, by an attempt of this very call whose answer was lost.
  if (call.method === 'DELETE' && facts?.outcome === 'applied')
    return settled({ ...received, text: '', json: {} }, facts)
  const json = parseJson(redact(received.text))
  if (call.accepts?.(received.status, isRecord(json) ? json['data'] : undefined) === true) {
    return settled({ ...received, json }, facts)
  }
  const reuse = isKeyReusedError(failure) ? { code: failure.code, cause: failure } : {}
  const cause = received.cause === undefined ? {} : { cause: received.cause }
  throw keepFacts(errorOfProblem(received, json, call, { ...callFacts, ...cause, ...reuse }), told)
}

/** The status of an error answer whose body was on its way when the deadline passed. */
function headOf(failure: unknown, { head, received }: Exchange): Received | undefined {
  const { code, name } = (failure ?? {}) as { code?: unknown; name?: unknown }
  const isLate = code === 'deadline_exceeded' || name === 'TimeoutError'
  return isLate && received === undefined && head !== undefined && head.status >= 400
    ? { ...head, text: '', cause: failure }
    : undefined
}

/** The answer in ky's `HTTPError`, of whichever copy of ky, or behind a key that was used before. */
function responseOf(failure: unknown): Response | undefined {
  const { name, response } = (failure ?? {}) as { name?: unknown; response?: Response }
  return name === 'HTTPError' || isKeyReusedError(failure) ? response : undefined
}

/** The answer to another call with the same key, which sent for both. */
async function readShared(response: Response): Promise<Received> {
  const { status, statusText, headers } = response
  const text = response.bodyUsed ? '' : await response.text()
  return { status, statusText, headers, text, json: parseJson(text) }
}

/** A service that repeats the credential in an error must not put it in ours. */
const hide = (text: string, credential: string | undefined): string =>
  credential === undefined || credential.length < 8 ? text : text.replaceAll(credential, '***')

const queryOf = (query: Readonly<Record<string, string>> | undefined): string => {
  const text = query === undefined ? '' : new URLSearchParams(query).toString()
  return text && `?${text}`
}

const hasCrypto = (): boolean => globalThis.crypto?.getRandomValues !== undefined

function stringify(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch {
    throw invalid('the input cannot be written as JSON')
  }
}
