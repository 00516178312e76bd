import config from '../../vitest.config.js'

/** Servers of other people, and storms: npm run test:probe-servers installs the servers first. */
export default {
  ...config,
  test: {
    ...config.test,
    projects: undefined,
    include: ['tests/probe/servers/*.test.ts'],
    exclude: [],
    testTimeout: 60_000,
  },
}
