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

/**
 * Notices what a fetch of the caller's own sends. One that resends by itself shows only its last answer or failure: that connection
 * may have been refused when the request had been executed on an earlier one.
 *
 * Gives the function that says whether such a request has been on a connection since, with more in its query or not; too much
 * traffic to tell counts as yes. Given the key of a write that was answered, it says whether more than one request has carried that. Bun and Deno do not say what they send: there, a fetch of the caller's own counts as having sent.
 * `undefined` where there is nothing to ask, and the error alone has to tell: the runtime's own fetch, and browsers.
 */
export function watchSending(
  fetch?: FetchLike,
): ((method: string, url: string, answeredKey?: string) => boolean) | undefined {
  if ('Bun' in globalThis || 'Deno' in globalThis)
    return isOfRuntime(fetch) ? undefined : (_, __, answeredKey) => answeredKey === undefined
  const { process } = globalThis as { process?: object }
  if (process === undefined) return undefined
  const log = openLog(process)
  const since = log.count
  return (method, url, answeredKey) => {
    const count = log.count - since
    if (count > ringSize) return answeredKey === undefined
    const sent = Array.from(
      { length: count },
      (_, at) => log.recent[(since + at) % ringSize] as (typeof log.recent)[number],
    )
    if (answeredKey !== undefined) {
      const values = [`: ${answeredKey}\r`, `"${answeredKey}"`]
      return sent.filter(([, , headers]) => values.some((value) => headers.includes(value))).length > 1
    }
    const { pathname, search } = new URL(url)
    const line = `${method.toUpperCase()} ${pathname}${search}`
    const more = `${line}${search === '' ? '?' : '&'}`
    const isThat = (one: string) => one === line || one.startsWith(more)
    return sent.reduce((sum, [one, weight]) => (isThat(one) ? sum + weight : sum), 0) > 1
  }
}
