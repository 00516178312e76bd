// What an entry adds to an application: bundled with its dependencies, minified, compressed. `ky` is the user's own.
import { build } from 'esbuild'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

/** Compressed bytes, a little above what they are today: growth has to be wanted, and what is saved is taken off here. */
const limits = { '.': 34_900, './ky': 39_300 }
const root = new URL('../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

let isTooLarge = false
for (const [entry, limit] of Object.entries(limits)) {
  const path = fileURLToPath(new URL(exports[entry].import.default, root))
  const { minified, compressed } = await measure(path)
  const share = `${((100 * compressed) / limit).toFixed(0)} % of ${limit} bytes`
  console.log(`${entry.padEnd(6)} ${minified} bytes minified, ${compressed} bytes compressed (${share})`)
  isTooLarge ||= compressed > limit
  if (entry === '.') checkReadme(compressed)
}
if (isTooLarge) {
  console.error('An entry is larger than its budget.')
  process.exitCode = 1
}

/**
 * The README tells no less than what it is.
 *
 * @param {number} compressed
 */
function checkReadme(compressed) {
  const told = /(\d+) kB min\+gzip/.exec(readFileSync(new URL('README.md', root), 'utf8'))?.[1]
  if (told !== undefined && Number(told) * 1000 >= compressed) return
  console.error(`README.md says ${told} kB.`)
  process.exitCode = 1
}

/** @param {string} path */
async function measure(path) {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['ky'],
    write: false,
    logLevel: 'error',
  })
  const [output] = outputFiles
  return { minified: output.contents.length, compressed: gzipSync(output.contents, { level: 9 }).length }
}
