import type { FetchLike } from './fetch-like.js'
import { isKnownFetch } from './known-fetch.js'
import { isIdempotentFetch } from './nesting.js'
import { subscribeIn } from './node-channels.js'

/** The latest requests that left, by any caller: a ring. */
interface SendLog {
  readonly recent: (readonly [line: string, weight: number, headers: string])[]
  count: number
}

const ringSize = 64
const logs = new WeakMap<object, SendLog>()

interface Sending {
  readonly request: { readonly method?: string; readonly path?: string; getHeaders?(): object }
  readonly headers?: unknown
}

function openLog(process: object): SendLog {
  const known = logs.get(process)
  if (known !== undefined) return known
  const log: SendLog = { recent: [], count: 0 }
  logs.set(process, log)
  const note = (weight: number) => (message: unknown) => {
    const { request, headers } = message as Sending
    const text = headers === undefined ? JSON.stringify(request.getHeaders?.()) : headers
    log.recent[log.count % ringSize] = [`${request.method} ${request.path}`, weight, String(text)]
    log.count += 1
  }
  // undici says when a request is on its connection; `node:http` when it is made, so there the second one is what tells.
  subscribeIn(process, 'undici:client:sendHeaders', note(2))
  subscribeIn(process, 'http.client.request.start', note(1))
  return log
}

/** Where ours has taken the place of the runtime's, that one is what it sends with. */
function isOfRuntime(fetch: FetchLike | undefined): boolean {
  const { fetch: current } = globalThis
  return fetch === current || isIdempotentFetch(current) || (fetch !== undefined && isKnownFetch(fetch))
}

/** What has been sent since a moment. */
export interface SendWatch {
  /** Whether such a request has been on a connection, with more in its query or not; too much traffic to tell counts as yes. */
  readonly wasSent: (method: string, url: string) => boolean
  /** Whether more than one request has carried a key in its headers; too much traffic to tell counts as no. */
  readonly wasRepeated: (key: string) => boolean
}

/** Bun and Deno do not say what they send: a fetch of the caller's own counts as having sent. */
const blind: SendWatch = { wasSent: () => true, wasRepeated: () => false }

/**
 * Notices what a fetch of the caller's own sends. One that resends by itself shows only its last answer or failure: that connection
 * may have been refused when the request had been executed on an earlier one.
 *
 * `undefined` where there is nothing to ask, and the error alone has to tell: the runtime's own fetch, and browsers.
 */
export function watchSending(fetch?: FetchLike): SendWatch | undefined {
  if ('Bun' in globalThis || 'Deno' in globalThis) return isOfRuntime(fetch) ? undefined : blind
  const { process } = globalThis as { process?: object }
  if (process === undefined) return undefined
  const log = openLog(process)
  const since = log.count
  /** What was sent since, `undefined` where the ring has not kept it all. */
  const listSent = () => {
    const length = log.count - since
    if (length > ringSize) return undefined
    const at = (place: number) => log.recent[(since + place) % ringSize] as SendLog['recent'][number]
    return Array.from({ length }, (_, place) => at(place))
  }
  return {
    wasSent(method, url) {
      const { pathname, search } = new URL(url)
      const line = `${method.toUpperCase()} ${pathname}${search}`
      const more = `${line}${search === '' ? '?' : '&'}`
      const isThat = (one: string) => one === line || one.startsWith(more)
      const sent = listSent()
      return !sent || sent.reduce((sum, [one, weight]) => (isThat(one) ? sum + weight : sum), 0) > 1
    },
    wasRepeated(key) {
      // As undici writes headers, and as those of `node:http` are written here.
      const values = [`: ${key}\r`, `"${key}"`]
      const carriers = listSent()?.filter(([, , headers]) => values.some((value) => headers.includes(value)))
      return carriers !== undefined && carriers.length > 1
    },
  }
}
