import config from '../../vitest.config.js'

/** Libraries of other people, installed by `npm run test:hosts`. Two of them build an app first. */
export default {
  ...config,
  test: {
    ...config.test,
    projects: undefined,
    include: ['tests/examples/hosts/*.test.ts'],
    exclude: [],
    testTimeout: 240_000,
  },
}
