import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LoopbackServer } from './loopback.js'

/**
 * Loaded into the server's process before its own code: it binds 127.0.0.1 instead of every interface, needs no git,
 * and ends with its parent, however that ends.
 */
const preload = `
  import childProcess from 'node:child_process'
  import { syncBuiltinESMExports } from 'node:module'
  import net from 'node:net'
  const { listen } = net.Server.prototype
  net.Server.prototype.listen = function (port, ...rest) {
    return listen.call(this, { port, host: '127.0.0.1' }, rest.find((value) => typeof value === 'function'))
  }
  const { execSync } = childProcess
  childProcess.execSync = (command, options) =>
    command.startsWith('git ') ? Buffer.from('unknown') : execSync(command, options)
  syncBuiltinESMExports()
  process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume()
`

/** Microsoft's `@typespec/spector` with the scenarios of `@typespec/http-specs`, in a process of its own. */
export async function startSpectorServer(): Promise<LoopbackServer> {
  const packages = fileURLToPath(new URL('../../../node_modules/@typespec', import.meta.url))
  const child = spawn(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(preload)}`,
      join(packages, 'spector/cmd/cli.mjs'),
      'serve',
      join(packages, 'http-specs/specs'),
      '--port',
      '0',
      '--coverageFile',
      // Written at a clean exit, which never comes.
      join(tmpdir(), 'spector-coverage.json'),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    const port = Number(/Started server on (\d+)/.exec(line)?.[1])
    if (!port) continue
    child.stdout.resume()
    return { port, url: `http://127.0.0.1:${port}`, close }
  }
  await close()
  throw new Error(`spector did not start: ${lines.join('\n')}`)
}
