import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Slow checks of the built and packed package; they need `npm run build` first. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: { include: ['tests/package/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
})
