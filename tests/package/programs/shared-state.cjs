// One copy of every module serves all entries of the CommonJS build.
const { checkSharedState } = require('./check-shared-state.cjs')

checkSharedState({
  main: require('fetch-idempotency'),
  forKy: require('fetch-idempotency/ky'),
  contracts: require('fetch-idempotency/contracts'),
})
