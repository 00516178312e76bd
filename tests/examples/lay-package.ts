import { cp, mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A package with the examples, which run there as they do for a user who cloned it. */
export async function layPackage(folder: string): Promise<string> {
  await mkdir(`${folder}/dist/ky`, { recursive: true })
  await cp(`${root}package.json`, `${folder}/package.json`)
  const isOwn = (path: string) => path !== `${root}examples/hosts`
  await cp(`${root}examples`, `${folder}/examples`, { recursive: true, filter: isOwn })
  return folder
}

/** Builds entries of today's sources into a package. */
export async function buildInto(folder: string, entries: Record<string, string>): Promise<void> {
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, `${root}${path}`])),
    outdir: `${folder}/dist`,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'node20',
    packages: 'external',
  })
}
