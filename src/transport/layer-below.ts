import type { CapturedRequest } from './capture-request.js'
import type { FetchLike } from './fetch-like.js'
import { isRead } from './follow-redirect.js'
import { isUndici } from './known-fetch.js'

interface Dispatcher {
  readonly dispatch?: unknown
  readonly constructor?: { readonly name?: string }
}

interface LayerInit {
  readonly dispatcher?: Dispatcher
  readonly retryOptions?: unknown
  readonly client?: unknown
}

/**
 * undici's dispatchers that send a request once, `MockAgent` and proxies among them. `Dispatcher1Wrapper` (Node 26) hands on to
 * the dispatcher of the newer interface, which is looked at by itself.
 */
const sendsOnce =
  /^(?:Agent|BalancedPool|Client|Dispatcher1Wrapper|EnvHttpProxyAgent|H2CClient|MockAgent|MockCallHistory|MockClient|MockPool|Pool|ProxyAgent|RoundRobinPool|SnapshotAgent|Socks5ProxyAgent)$/

/** A dispatcher that was composed with interceptors has another `dispatch` than its class. */
function isPlainDispatcher(dispatcher: Dispatcher): boolean {
  const prototype = Object.getPrototypeOf(dispatcher) as Dispatcher | null
  return sendsOnce.test(dispatcher.constructor?.name ?? '') && dispatcher.dispatch === prototype?.dispatch
}

/** Where undici keeps the dispatcher of the process; the number grows with its interface. */
const globalDispatchers = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`))

/** Whether the dispatcher that undici will use may send a request more than once. */
function hasDispatcherThatResends({ dispatcher }: LayerInit, isOfUndici: boolean): boolean {
  if (dispatcher !== undefined) return !isPlainDispatcher(dispatcher)
  if (!isOfUndici) return false
  for (const name of globalDispatchers) {
    const ofProcess = (globalThis as Record<symbol, unknown>)[name] as Dispatcher | undefined
    if (ofProcess !== undefined && !isPlainDispatcher(ofProcess)) return true
  }
  return false
}

/**
 * Whether a request may be sent by a dispatcher of the caller's, and not by the runtime's own: the name of its class does not tell
 * whether it resends. A `Request` may hold one that cannot be seen.
 */
export function mayHaveDispatcher({ rest, base }: CapturedRequest): boolean {
  return base !== undefined || (rest as LayerInit).dispatcher !== undefined
}

interface Browser {
  readonly navigator?: {
    readonly userAgent?: string
    readonly serviceWorker?: { readonly controller?: unknown }
  }
  readonly Deno?: { readonly createHttpClient?: (options: object) => unknown }
}

/** Chromium resends a POST when a connection that it used before is lost. A service worker may do so with anything. */
function isBrowserThatResends({ navigator }: Browser): boolean {
  return /Chrom|CriOS/.test(navigator?.userAgent ?? '') || Boolean(navigator?.serviceWorker?.controller)
}

/**
 * Whether what the fetch itself is built on may send a write more often than it is asked to. Then nothing that goes wrong proves
 * that the write was not executed, and the number of requests is a lower bound.
 */
export function canBeResentBelow(
  fetch: FetchLike,
  { method, rest, base }: Pick<CapturedRequest, 'method' | 'rest' | 'base'>,
): boolean {
  if (isRead(method)) return false
  const init = rest as LayerInit
  // What a `Request` holds cannot be seen; runtimes that know a dispatcher keep that of the process for others.
  if (init.retryOptions !== undefined || (base as LayerInit | undefined)?.retryOptions !== undefined)
    return true
  const isOfUndici = isUndici(fetch)
  if (hasDispatcherThatResends(init, isOfUndici)) return true
  // undici runs neither in a page nor in Deno.
  return (
    !isOfUndici &&
    (isBrowserThatResends(globalThis) ||
      ('Deno' in globalThis && init.client === undefined && !canPrevent(globalThis)))
  )
}

function canPrevent({ Deno }: Browser): boolean {
  return typeof Deno?.createHttpClient === 'function'
}

/** The request, which a layer below may send twice: it carries a key that the server honours. */
export function allowResend(request: CapturedRequest): CapturedRequest {
  return 'Deno' in globalThis ? { ...request, mayBeResent: true } : request
}

const clients = new WeakMap<object, unknown>()

/**
 * What has to be added to `init` so that the runtime sends a write once: Deno resends on a connection that was used before, so
 * it gets a client that keeps none.
 */
export function sendOnceInit({ method, rest, mayBeResent }: CapturedRequest): object | undefined {
  const { Deno } = globalThis as Browser
  if (Deno === undefined || mayBeResent === true || isRead(method)) return undefined
  if ((rest as LayerInit).client !== undefined || typeof Deno.createHttpClient !== 'function')
    return undefined
  let client = clients.get(Deno)
  if (client === undefined) {
    client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 })
    clients.set(Deno, client)
  }
  return { client }
}
