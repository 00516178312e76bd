import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export const packageJson = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** Every entry as a user writes it: `fetch-idempotency/ky`. */
export const entries = Object.keys(packageJson.exports)
  .filter((entry) => !entry.endsWith('.json'))
  .map((entry) => `fetch-idempotency${entry.slice(1)}`)

/** A user's project into which the packed tarball was installed. */
export interface App {
  readonly folder: string
  /** Files of the tarball, relative to the package. */
  readonly files: readonly string[]
  /** Runs a program of `programs/` with this Node and gives what it printed. */
  run(program: string, ...args: string[]): string
  remove(): void
}

/** Packs this package and installs it with `npm` next to a `ky`, without the network. */
export function installPacked(ky: 'ky' | 'ky2'): App {
  if (!existsSync(`${root}/dist/index.d.ts`)) throw new Error('Nothing is built; run `npm run build` first.')
  const folder = mkdtempSync(join(tmpdir(), 'packed-'))
  const packed = npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  const dependencies = {
    'fetch-idempotency': `file:./${filename}`,
    ky: `file:${root}/node_modules/${ky}`,
    uuidv7: `file:${root}/node_modules/uuidv7`,
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  npm(folder, 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund')
  // An optional peer, without which one entry cannot be imported.
  const optional = 'node_modules/@opentelemetry/api'
  cpSync(`${root}/${optional}`, `${folder}/${optional}`, { recursive: true })
  cpSync(`${root}/tests/package/programs`, folder, { recursive: true })

  return {
    folder,
    files: files.map(({ path }) => path),
    run: (program, ...args) =>
      execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' }),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

function npm(folder: string, ...args: string[]): string {
  return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
