import type { CallIdentity } from './launch.js'
import type { CapturedRequest } from '../transport/capture-request.js'
import type { CapturedBody } from '../transport/captured-body.js'
import { isSamePayload } from '../transport/same-payload.js'
import type { CheckedCallOptions } from './call-options.js'

/**
 * What makes a call the same operation as another one. Calls with other headers, such as another account's credentials,
 * have nothing to do with each other; those with other options or settings, or a `fetch` of their own, have the key in common.
 */
export function identify(
  request: CapturedRequest,
  givenKey: unknown,
  options: CheckedCallOptions,
  fetch?: unknown,
): CallIdentity {
  const { method, url, headers, body, rest, base } = request
  const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const { retry, ...callbacks } = options
  const account = JSON.stringify([givenKey, names.toSorted()])
  const target = `${method.toUpperCase()} ${url}`
  return {
    account,
    target,
    name: `${target} ${account}`,
    payload: body,
    isSamePayload: (other) => isSamePayload(body, other.payload as CapturedBody),
    settings: [
      fetch,
      ...valuesOf(callbacks),
      ...valuesOf(retry ?? {}),
      ...valuesOf(rest),
      ...settingsOf(base),
    ],
  }
}

function valuesOf(options: object): unknown[] {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flat()
}

/** What a `Request` brings along that is not in its init. One that could hold more, such as a dispatcher, is itself a setting. */
function settingsOf(base: Request | undefined): unknown[] {
  if (base === undefined) return []
  const { redirect, credentials, mode, cache, integrity, keepalive, referrer } = base
  return [redirect, credentials, mode, cache, integrity, keepalive, referrer]
}
