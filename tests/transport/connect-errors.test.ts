import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { connectTargetOf, watchConnectErrors } from '../../src/transport/connect-errors.js'

/** The errors inside of an error, outermost first. */
function insides(error: unknown): object[] {
  const found: object[] = []
  for (let at = error; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause)
    found.push(at)
  return found
}

const failure = (url: string) => fetch(url, { method: 'POST', body: '{}' }).catch((error: unknown) => error)
const targetOf = (error: unknown) =>
  insides(error)
    .map(connectTargetOf)
    .find((target) => target !== undefined)

/** A server that ends each connection in one way, and the URL of it. */
async function listen(end: (socket: import('node:net').Socket) => void) {
  const server = createServer(end)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, close: () => server.close() }
}

describe('the origin for which no connection could be made', () => {
  watchConnectErrors()

  it('is told of a connection that is refused', async () => {
    const { port, close } = await listen(() => undefined)
    close()
    const target = targetOf(await failure(`http://127.0.0.1:${port}/`))
    expect(target).toMatchObject({ hostname: '127.0.0.1', port: String(port), protocol: 'http:' })
  })

  it('is told of a handshake that is cut before any byte of the request', async () => {
    const { port, close } = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const target = targetOf(await failure(`https://127.0.0.1:${port}/`))
    close()
    expect(target).toMatchObject({ port: String(port), protocol: 'https:' })
  })

  it('is not told of a connection on which the request was sent', async () => {
    const { port, close } = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const error = await failure(`http://127.0.0.1:${port}/`)
    close()
    expect(insides(error).length).toBeGreaterThan(1)
    expect(targetOf(error)).toBeUndefined()
  })

  it('is not told of an error of anybody else', () => {
    expect(connectTargetOf(new Error('connect ECONNREFUSED'))).toBeUndefined()
  })
})
