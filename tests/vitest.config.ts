import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url)
const { paths } = JSON.parse(readFileSync(new URL('tsconfig.json', root), 'utf8')).compilerOptions as {
  paths: Record<string, [string]>
}

/** What `--mode` sets for the tests: not every shell can set a variable for one command. */
const modes: Record<string, Record<string, string>> = {
  ky2: { KY_MAJOR: '2' },
  whole: { TESTS: 'whole' },
  crash: { CRASH_KILLS: '1000' },
}
const mode = process.argv[process.argv.indexOf('--mode') + 1] ?? ''
Object.assign(process.env, modes[mode], { ...process.env })

/** The package's own entries are its sources; with `KY_MAJOR=2` every `ky` is the second major. */
const entries = Object.entries(paths).map(([name, [path]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(path, root)),
}))
const ky = process.env['KY_MAJOR'] === '2' ? [{ find: /^ky$/, replacement: 'ky2' }] : []

/** Files of the qURL client, whose requests are intercepted: they share their modules with each other alone. */
const intercepted = ['tests/qurl/**/*.test.ts']

/**
 * Files that set up something of the process: a global, a listener of the process's own channels, an interceptor of requests
 * beside real sockets, the collection of garbage. Each has a process of its own.
 */
const alone = [
  'tests/contract/third-party/*.test.ts',
  'tests/import-safety.test.ts',
  'tests/fetch/{await-completion,fetch-options}.test.ts',
  'tests/journal/stores/indexed-db-store.test.ts',
  'tests/ky/aborts.test.ts',
  'tests/loop/share-operation.test.ts',
  'tests/opentelemetry/*.test.ts',
  'tests/probe/third-party.test.ts',
  'tests/promises/seed-cases.test.ts',
  'tests/readme/readme.test.ts',
  'tests/transport/{capture-request,follow-redirect,known-fetch,layer-below,refused-signal,transport-failure}.test.ts',
  'tests/wire/lost-answers.test.ts',
]
const others = [
  '**/node_modules/**',
  'tests/package/**',
  'tests/probe/servers/**',
  'tests/examples/hosts/**',
  'tests/examples/jobs/**',
]

/*
 * What runs the tests. CI runs all of these, `test:crash` with fewer processes.
 *
 * | script                | what it runs                                                                    |
 * | --------------------- | ------------------------------------------------------------------------------- |
 * | `test`                | everything that a machine with Node alone can run; of what is long, a part      |
 * | `test:promises`       | the promises of the documentation, in every host, with all of its random runs   |
 * | `test:wire`           | real sockets: thousands of lost answers, outages of a second and more           |
 * | `test:ky`             | ky with ours beside ky alone: each option, each method, also over sockets       |
 * | `test:ky2`            | the qURL client and the examples of the documentation with ky 2                 |
 * | `test:journal`        | the journal: a crash at every await                                             |
 * | `test:crash`          | a thousand processes that are killed                                            |
 * | `test:edges`          | foreign classes, test environments and patched globals, from the built package  |
 * | `test:hosts`          | libraries that take a `fetch`                                                   |
 * | `test:probe-servers`  | the probe against servers of other people                                       |
 * | `test:package`        | the packed package, installed                                                   |
 */
export default defineConfig({
  root: fileURLToPath(root),
  resolve: { alias: [...entries, ...ky] },
  test: {
    testTimeout: 30_000,
    maxConcurrency: 16,
    // One more than there are cores: many tests wait for a server.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['tests/**/*.test.ts'],
          exclude: [...others, ...intercepted, ...alone],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'intercepted', include: intercepted, exclude: others, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone, exclude: others } },
    ],
  },
})
