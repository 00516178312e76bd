import { invalid, describeShape } from './validate.js'
import { startTimer } from '../clock/start-timer.js'
import { RuntimeError, TimeoutError } from './errors.js'

/** An API key or JWT, or what gives the one that is valid now. */
export type ApiKeySource = string | (() => string | Promise<string>)

/**
 * A credential that can stand in a header as it is.
 *
 * @throws {@link ValidationError} whose text shows nothing of it.
 */
export function checkApiKey(apiKey: unknown): string {
  if (typeof apiKey !== 'string' || apiKey === '') {
    throw invalid(
      `apiKey: must be a non-empty string (got ${apiKey === '' ? 'an empty one' : describeShape(apiKey)})`,
    )
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw invalid('apiKey: must be printable ASCII without spaces')
  return apiKey
}

/**
 * The credential that a function gives for one call.
 *
 * @param limitMs - How long the function may take.
 * @throws {@link RuntimeError} when it fails, {@link TimeoutError} when it takes too long, and the signal's reason when it aborts
 * first.
 */
export async function askForCredential(
  source: Exclude<ApiKeySource, string>,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  return checkApiKey(await until(signal, limitMs, ask(source)))
}

async function ask(source: Exclude<ApiKeySource, string>): Promise<string> {
  try {
    return await source()
  } catch (cause) {
    throw new RuntimeError('the apiKey function failed, so nothing was sent', { cause })
  }
}

/** What `work` gives, unless the signal aborts first or the time is over. */
function until<T>(signal: AbortSignal | undefined, limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal?.reason)
    const expire = () =>
      reject(new TimeoutError('the apiKey function gave no credential in time, so nothing was sent'))
    const timer = startTimer(expire, limitMs)
    signal?.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    })
  })
}

/** First and last four characters, or nothing of a short key. */
export const maskApiKey = (apiKey: string): string =>
  apiKey.length > 8 ? `${apiKey.slice(0, 4)}***${apiKey.slice(-4)}` : '***'
