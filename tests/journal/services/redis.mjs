import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { freePort, whenListening } from './ports.mjs'

/** Where Debian puts the server. */
export async function findRedis() {
  const path = '/usr/bin/redis-server'
  return access(path).then(
    () => path,
    () => undefined,
  )
}

/** What a store that promises to lose nothing asks for. */
export const durable = { appendonly: 'yes', appendfsync: 'always' }

/**
 * Starts a server with a data folder of its own, on loopback.
 *
 * @param {string} program
 * @param {Readonly<Record<string, string | readonly string[]>>} settings
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startRedis(program, settings = durable) {
  const folder = await mkdtemp(`${tmpdir()}/redis-`)
  const port = await freePort()
  const own = { port: String(port), bind: '127.0.0.1', dir: folder, save: '', ...settings }
  const child = spawn(
    program,
    Object.entries(own).flatMap(([name, value]) => [`--${name}`, ...[value].flat()]),
    { stdio: 'ignore', cwd: folder },
  )
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true })
  }
  try {
    await Promise.race([
      whenListening(port),
      ended.then(([code]) => Promise.reject(new Error(`Redis ended with ${code}`))),
    ])
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}
