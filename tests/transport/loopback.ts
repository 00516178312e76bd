import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

export interface Loopback {
  readonly port: number
  readonly base: string
  readonly server: Server
  /** Connections that were opened so far. */
  readonly connections: () => number
}

/** Starts a server on loopback that ends with the test file. */
export async function listen(
  listener: RequestListener,
  server: Server = createServer(listener),
): Promise<Loopback> {
  let connections = 0
  server.on('connection', () => (connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port, base: `http://127.0.0.1:${port}`, server, connections: () => connections }
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
