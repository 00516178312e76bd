import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url)
const { paths } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8')).compilerOptions as {
  paths: Record<string, [string]>
}

/** The package's own entries are its sources; with `KY_MAJOR=2` every `ky` is the second major. */
const entries = Object.entries(paths).map(([name, [path]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(path, root)),
}))
const ky = process.env['KY_MAJOR'] === '2' ? [{ find: /^ky$/, replacement: 'ky2' }] : []

export default defineConfig({
  root: fileURLToPath(root),
  resolve: { alias: [...entries, ...ky] },
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: [
      'tests/package/**',
      'tests/probe/servers/**',
      'tests/examples/hosts/**',
      'tests/examples/jobs/**',
    ],
    testTimeout: 30_000,
  },
})
