const jest = (environment) => (url) => [
  'node_modules/jest/bin/jest.js',
  '--runInBand',
  '--config',
  JSON.stringify({
    rootDir: 'runners',
    testMatch: ['**/jest.test.cjs'],
    transform: {},
    testEnvironment: environment,
    // Of one origin with the server: the fetch of a browser asks it first, otherwise.
    testEnvironmentOptions: { url },
  }),
]

const vitest = (environment) => () => [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--root',
  'runners',
  '--config',
  'vitest.config.mjs',
  '--environment',
  environment,
]

/** The test runners of others, in the environments that replace classes of the web. */
export const runners = {
  'jest, jsdom': jest('jsdom'),
  'jest, jest-fixed-jsdom': jest('jest-fixed-jsdom'),
  'vitest, jsdom': vitest('jsdom'),
  'vitest, edge-runtime': vitest('edge-runtime'),
}

const types = (host) => () => ['../../node_modules/typescript/bin/tsc', '-p', `types/${host}.tsconfig.json`]

/** The types of the build, under the global types of other runtimes. */
export const typeChecks = {
  'types of Bun': types('bun'),
  'types of Workers': types('workers'),
  'types of React Native': types('react-native'),
}
