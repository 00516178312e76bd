import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { environments } from './environments.mjs'
import { startServer } from './lossy-server.mjs'
import { runners, typeChecks } from './runners.mjs'

// Runs every environment in a process of its own, as they replace globals, and then the test runners of others. Needs the
// build, and `npm ci` in this folder.
const folder = fileURLToPath(new URL('.', import.meta.url))
if (!existsSync(`${folder}node_modules`)) {
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  if (install.status !== 0) process.exit(1)
}
const server = await startServer()
const env = { ...process.env, SERVER: server.url, CI: 'true', NO_COLOR: '1' }

/** Runs a program; what it prints is shown where it fails, or always. */
async function run(args, isShown) {
  const child = spawn(process.execPath, args, { cwd: folder, env, timeout: 60_000 })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  const [code] = await once(child, 'close')
  if (isShown || code !== 0) process.stdout.write(printed)
  return code === 0
}

const only = process.argv.slice(2)
const isWanted = (name) => only.length === 0 || only.includes(name)
let failed = 0
const needed = (major) => Number(process.versions.node.split('.')[0]) >= major
for (const name of Object.keys(environments).filter(isWanted)) {
  if (name === 'undici 8' && !needed(22)) continue
  if (!(await run(['program.mjs', name], true))) failed += 1
}
// `npm run test:edges` builds without types, CI with them.
const hasTypes = existsSync(`${folder}../../dist/index.d.ts`)
if (!hasTypes) console.log('types: not checked, as the build has none')
const programs = { ...runners, ...(hasTypes && typeChecks) }
for (const [name, makeArgs] of Object.entries(programs).filter(([one]) => isWanted(one))) {
  const isRight = await run(makeArgs(server.url), false)
  console.log(`${name}: ${isRight ? 'right' : 'NOT right'}`)
  if (!isRight) failed += 1
}
server.close()
console.log(failed === 0 ? 'every environment is right' : `${failed} environments are not`)
process.exit(failed === 0 ? 0 : 1)
