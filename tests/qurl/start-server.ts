import { onTestFinished } from 'vitest'
import { startQurlServer } from '../../examples/qurl/server/server.mjs'
import type { QurlServer, QurlServerOptions } from '../../examples/qurl/server/types.js'

export type { QurlServer, QurlServerOptions, SeenRequest, Script } from '../../examples/qurl/server/types.js'

/** Starts a qURL server that ends with the test. */
export async function startServer(options?: QurlServerOptions): Promise<QurlServer> {
  const server = await startQurlServer(options)
  onTestFinished(() => server.close())
  return server
}

/** A clock that moves only when told. */
export function testClock(startMs = Date.parse('2026-06-01T12:00:00Z')) {
  let nowMs = startMs
  return {
    now: () => nowMs,
    advance: (ms: number) => void (nowMs += ms),
  }
}
