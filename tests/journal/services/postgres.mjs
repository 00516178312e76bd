import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.mjs'

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

/** Where Debian puts the programs of the server: the newest version that is there. */
export async function findPostgres() {
  const versions = await readdir('/usr/lib/postgresql').catch(() => [])
  for (const version of versions.toSorted((one, other) => Number(other) - Number(one))) {
    const folder = `/usr/lib/postgresql/${version}/bin`
    const isThere = await access(`${folder}/initdb`).then(
      () => true,
      () => false,
    )
    if (isThere) return folder
  }
  return undefined
}

/**
 * Starts a server with a data folder of its own, on loopback. PostgreSQL does not run as root: there it runs as the user that
 * Debian makes for it.
 *
 * @param {string} programs
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startPostgres(programs) {
  const folder = await mkdtemp(`${tmpdir()}/postgres-`)
  const account = isRoot ? await accountOf('postgres') : {}
  if (isRoot) await chown(folder, account.uid, account.gid)
  const options = { ...account, cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } }
  await run(
    `${programs}/initdb`,
    ['-D', `${folder}/data`, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    options,
  )
  const port = await freePort()
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`]
  const child = spawn(
    `${programs}/postgres`,
    ['-D', `${folder}/data`, ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  const stop = async () => {
    // Ends the sessions that are there, and then itself.
    child.kill('SIGINT')
    await ended
    await rm(folder, { recursive: true })
  }
  try {
    await Promise.race([
      whenReady(`${programs}/pg_isready`, port),
      ended.then(([code]) => Promise.reject(new Error(`PostgreSQL ended with ${code}`))),
    ])
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop }
}

/** A server that has just started listens before it lets anybody in. */
async function whenReady(program, port) {
  for (let round = 0; ; round += 1) {
    try {
      await run(program, ['-h', '127.0.0.1', '-p', String(port)])
      return
    } catch (error) {
      if (round >= 600) throw error
      await sleep(50)
    }
  }
}

async function accountOf(name) {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((option) => run('id', [option, name])))
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}
