import { UnsendableError } from '../errors/unsendable-error.js'
import type { KyCall } from './ky-call.js'

/** The settings of a request that no redirect changes. */
export function settingsOf(base: Request): RequestInit {
  const { mode, credentials, cache, referrer, referrerPolicy, integrity, keepalive } = base
  return { mode, credentials, cache, referrer, referrerPolicy, integrity, keepalive }
}

/** All of a request but its URL and its body. */
function pickSettings(request: Request): RequestInit {
  const { method, headers, signal, redirect } = request
  return { method, headers, signal, redirect, ...settingsOf(request) }
}

/**
 * The request with the key in its URL or its body, where the contract wants it there.
 *
 * @throws {@link UnsendableError} when the body cannot take the key.
 */
export async function stampBody({ settings, operation }: KyCall, request: Request): Promise<Request> {
  const { carrier } = settings.contract
  const { key } = operation
  if (key === undefined || carrier.in === 'header' || !operation.isKeyed()) return request
  const { url } = request
  try {
    // Read, and not handed on: a stream would go out in chunks, without a length.
    const bytes = await request.arrayBuffer()
    if (carrier.in === 'body') {
      const body = carrier.write(carrier.path, new TextDecoder().decode(bytes), key)
      return new Request(url, { ...pickSettings(request), body })
    }
    const isStamped = carrier.read(carrier.name, url) === key
    const body = bytes.byteLength > 0 ? bytes : null
    return new Request(isStamped ? url : carrier.write(carrier.name, url, key), {
      ...pickSettings(request),
      body,
    })
  } catch (cause) {
    throw new UnsendableError({ ...operation.errorFacts(), cause })
  }
}
