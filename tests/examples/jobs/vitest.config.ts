import config from '../../vitest.config.js'

/** Workers with libraries of their own, installed by `npm run test:jobs`. */
export default {
  ...config,
  test: {
    ...config.test,
    projects: undefined,
    include: ['tests/examples/jobs/*.test.ts'],
    exclude: [],
    testTimeout: 120_000,
  },
}
