import { subscribeIn } from './node-channels.js'

/** The origin that a connection was to be made for, whichever proxy stood between. */
export interface ConnectTarget {
  readonly hostname?: string | undefined
  readonly port?: string | number | undefined
  readonly protocol?: string | undefined
}

const targets = new WeakMap<object, ConnectTarget>()
const watched = new WeakSet<object>()

/**
 * Has undici, which is the fetch of Node, tell which errors came before a connection was there: a handshake that was cut, a proxy
 * that refused. Such an error can look the same as that of a connection on which the request had been sent.
 *
 * @see {@link https://undici.nodejs.org/#/docs/api/DiagnosticsChannel | undici's diagnostics channels}
 */
export function watchConnectErrors(): void {
  const { process } = globalThis as { process?: object }
  // Once for each process object, of which a test environment may have several.
  if (process === undefined || watched.has(process)) return
  watched.add(process)
  subscribeIn(process, 'undici:client:connectError', (message) => {
    const { error, connectParams } = message as { error?: unknown; connectParams?: ConnectTarget }
    if (typeof error === 'object' && error !== null) targets.set(error, connectParams ?? {})
  })
}

/** For which origin an error says that no connection could be made, `undefined` where it does not say so. */
export function connectTargetOf(error: object): ConnectTarget | undefined {
  return targets.get(error)
}
