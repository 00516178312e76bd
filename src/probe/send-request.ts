import { startTimer } from '../clock/start-timer.js'
import { isError } from '../transport/web-shapes.js'
import type { ProbeSettings } from './check-probe-options.js'

/** What one request is sent with. */
export interface PlainRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body?: string | undefined
  /** Drops the answer: after this many milliseconds, or as soon as its headers are there. */
  readonly cutAfterMs?: number | undefined
}

/** How a request ended. */
export type PlainEnd =
  | {
      readonly status: number
      readonly headers: Headers
      readonly text: string | undefined
      readonly isRedirect: boolean
    }
  | { readonly cut: 'before-the-answer' }
  | { readonly cut: 'after-the-headers'; readonly cutStatus: number; readonly isRedirect: boolean }
  | { readonly lost: string }

/** Longest answer that is read, in characters. */
const maxText = 512 * 1024

async function readText(response: Response): Promise<string | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return response.text()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    text += decoder.decode(value, { stream: true })
    if (text.length > maxText) {
      await reader.cancel()
      return undefined
    }
  }
}

/** The code of a lost connection. The message is not handed on: it can quote the URL. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; typeof at === 'object' && at !== null && depth < 4; depth += 1) {
    const { code, cause } = at as { code?: unknown; cause?: unknown }
    if (typeof code === 'string' && /^[A-Z][A-Z\d_]+$/.test(code)) return code
    at = cause
  }
  return isError(error) && /^\w+$/.test(error.name) ? error.name : 'unknown error'
}

/**
 * Sends one request with the plain fetch and reads its answer, within the time limit. Redirects are not followed.
 *
 * @throws the reason of the caller's signal, when that aborts.
 */
export async function sendRequest(
  { fetch, signal, timeoutMs }: Pick<ProbeSettings, 'fetch' | 'signal' | 'timeoutMs'>,
  { method, url, headers, body, cutAfterMs }: PlainRequest,
): Promise<PlainEnd> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer = startTimer(() => controller.abort(), cutAfterMs ?? timeoutMs)
  try {
    const response = await fetch(url.href, {
      method,
      headers,
      redirect: 'manual',
      signal: controller.signal,
      ...(body !== undefined && { body }),
    })
    const { status, headers: answered, type } = response
    const isRedirect = type === 'opaqueredirect' || (status >= 300 && status < 400 && status !== 304)
    if (cutAfterMs !== undefined) {
      await response.body?.cancel().catch(() => {})
      controller.abort()
      return { cut: 'after-the-headers', cutStatus: status, isRedirect }
    }
    return { status, headers: answered, text: await readText(response), isRedirect }
  } catch (error) {
    if (signal?.aborted) throw signal.reason
    if (controller.signal.aborted)
      return cutAfterMs === undefined
        ? { lost: `no answer within ${timeoutMs} ms` }
        : { cut: 'before-the-answer' }
    return { lost: `the connection failed (${codeOf(error)})` }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
