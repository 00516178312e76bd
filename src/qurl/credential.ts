import { invalid, describeShape } from './validate.js'
import { RuntimeError } from './errors.js'

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
 * The credential of one call.
 *
 * @throws {@link RuntimeError} when the function fails, and the signal's reason when it aborts first.
 */
export async function credentialOf(source: ApiKeySource, signal: AbortSignal | undefined): Promise<string> {
  if (typeof source === 'string') return source
  return checkApiKey(await until(signal, ask(source)))
}

async function ask(source: () => string | Promise<string>): Promise<string> {
  try {
    return await source()
  } catch (cause) {
    throw new RuntimeError('the apiKey function failed, so nothing was sent', { cause })
  }
}

/** What `work` gives, unless the signal aborts first. */
function until<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** First and last four characters, or nothing of a short key. */
export const maskApiKey = (apiKey: string): string =>
  apiKey.length > 8 ? `${apiKey.slice(0, 4)}***${apiKey.slice(-4)}` : '***'
