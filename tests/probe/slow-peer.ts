import type { Executions } from '../contract/servers/executions.js'
import { startPeer, type Peer } from '../contract/peer/peer.js'

/** Makes the work of a server take long enough for a second request to meet it. */
export function slowDown<Server extends { readonly executions: Executions }>(
  server: Server,
  workMs = 60,
): Server {
  const { executions } = server
  const work = executions.run
  executions.run = async (item) => {
    await new Promise((resolve) => setTimeout(resolve, workMs))
    return work(item)
  }
  return server
}

/** The in-memory peer, with slow work. */
export async function startSlowPeer(workMs?: number): Promise<Peer> {
  return slowDown(await startPeer(), workMs)
}

/** A clock whose waits are cut to a few times the peer's work. */
export const hastyClock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal?.throwIfAborted()
      const timer = setTimeout(resolve, Math.min(ms, 250))
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
    }),
}
