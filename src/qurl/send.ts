import { idempotencyOf, type IdempotencyFacts } from '../ky/index.js'
import { readAnswer } from './answer.js'
import { monotonicNow } from '../clock/clock.js'
import { systemClock } from '../clock/system-clock.js'
import { createApi } from './api.js'
import type { Send } from './call.js'
import { askForCredential } from './credential.js'
import { isSuccess, leftOf, type Exchange, type Received } from './exchange.js'
import { kyOptions } from './ky-options.js'
import { errorOfMissingCrypto } from './loss.js'
import { resolveCallOptions } from './call-options.js'
import type { ResolvedOptions } from './client-options.js'
import { QURLError } from './qurl-error.js'
import { readFailure, readProblem, readShared } from './read-failure.js'
import { hide, secretsOf } from './redact.js'
import { requestHeaders } from './request-headers.js'
import { sendRead } from './send-read.js'
import { invalid } from './validate.js'

/** Makes the one function that sends: the service's headers and envelope around a ky instance. */
export function createSend(options: ResolvedOptions): Send {
  const { apiKey, baseUrl, debug, userAgent } = options
  const api = createApi(options)

  return async (call) => {
    const { method, path } = call
    const takesKey = method === 'POST' || method === 'PATCH'
    const isRead = method === 'GET'
    const given = resolveCallOptions(call.options, takesKey, call.minKeyLength, call.needsKey)
    const { key, signal } = given
    if (takesKey && key === undefined && !hasCrypto()) throw errorOfMissingCrypto()
    signal?.throwIfAborted()

    const body = call.body === undefined ? undefined : stringify(call.body)
    const timeoutMs = given.timeoutMs ?? options.timeoutMs
    const untilMs =
      options.deadlineMs === undefined ? undefined : monotonicNow(systemClock) + options.deadlineMs
    let credential: string | undefined
    if (call.isPublic !== true) {
      credential =
        typeof apiKey === 'string'
          ? apiKey
          : await askForCredential(apiKey, Math.min(timeoutMs, leftOf({ untilMs })), signal)
    }
    const headers = requestHeaders({
      credential,
      userAgent,
      hasBody: body !== undefined,
      given: given.headers,
    })
    if (call.isPublic === true) delete headers['Authorization']
    if (call.headers !== undefined) Object.assign(headers, call.headers)
    const exchange: Exchange = {
      url: `${baseUrl}${path}${queryOf(call.query)}`,
      method,
      headers,
      body,
      timeoutMs,
      isShareable: key !== undefined,
      needsErrorBody: call.accepts !== undefined,
      untilMs: isRead ? untilMs : undefined,
      attempts: 0,
    }
    const redact = (text: string) => hide(text, secretsOf(headers, call.body))
    const settled = (received: Received, facts: IdempotencyFacts | undefined) =>
      readAnswer(call, received, facts, {
        baseUrl,
        attempts: exchange.attempts,
        note: (message, more) =>
          debug?.('warn', `qurl: ${message}`, { method, path, status: received.status, ...more }),
      })
    const tools = { redact, settled }
    // As the hooks tell of a write.
    const tell =
      debug &&
      ((type: string, facts: object) => {
        const { attempts } = exchange
        const url = `${baseUrl}${path}`
        debug('debug', `qurl: ${method} ${url} ${type}`, { method, url, attempts, ...facts })
      })

    try {
      if (isRead) {
        const { maxRetries = options.maxRetries } = given
        const received = await sendRead(exchange, signal, { ...options, maxRetries, onEvent: tell })
        if (isSuccess(received.status) || received.problem !== undefined) return settled(received, undefined)
        return readProblem(call, received, { attempts: exchange.attempts }, tools)
      }
      // The deadline of the hooks begins here; the credential may have taken a part of it.
      const leftMs = typeof apiKey === 'string' ? Infinity : leftOf({ untilMs })
      const response = await api(exchange.url, kyOptions(call, exchange, given, leftMs))
      return settled(exchange.received ?? (await readShared(response)), idempotencyOf(response))
    } catch (failure) {
      if (failure instanceof QURLError) throw failure
      signal?.throwIfAborted()
      return await readFailure(call, failure, exchange, tools)
    }
  }
}

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
