import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { environments } from './environments.mjs'

// Runs every environment in a process of its own, as they replace globals. Needs the build, and `npm ci` in this folder.
const folder = fileURLToPath(new URL('.', import.meta.url))
if (!existsSync(`${folder}node_modules`)) {
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
  if (install.status !== 0) process.exit(1)
}
let failed = 0
for (const name of Object.keys(environments)) {
  const { status } = spawnSync(process.execPath, ['program.mjs', name], {
    cwd: folder,
    stdio: 'inherit',
    timeout: 60_000,
  })
  if (status !== 0) failed += 1
}
console.log(failed === 0 ? 'every environment is right' : `${failed} environments are not`)
process.exit(failed === 0 ? 0 : 1)
