import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`../src/${path}`, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: {
    alias: [
      { find: /^fetch-idempotency$/, replacement: source('index.ts') },
      { find: /^fetch-idempotency\/contracts$/, replacement: source('contract/index.ts') },
      { find: /^fetch-idempotency\/(ky|qurl)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 30_000,
  },
})
