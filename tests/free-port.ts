import { createServer } from 'node:net'

const perProcess = 200
// Below the ports that systems hand out by themselves, and a part of them for each process: no connection and no other
// server takes a port between its closing and its next opening.
const first = 10_000 + (process.pid % 100) * perProcess
let turn = 0

/** A port of this machine that can be closed and opened again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (turn++ % perProcess)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}
