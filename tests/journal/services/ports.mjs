import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A port of loopback that nobody listens on at the moment, for servers that cannot choose one themselves. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when a server accepts connections. */
export async function whenListening(port, patienceMs = 60_000) {
  for (let waitedMs = 0; ; waitedMs += 50) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return
    if (waitedMs >= patienceMs) throw new Error(`nothing listens on port ${port}`)
    await sleep(50)
  }
}
