// Run by Jest, in `jsdom` and in `jest-fixed-jsdom`.
const findFaults = require('./lost-answers.cjs')

test('the wrapper sends what fetch sends', async () => {
  // Jest's jsdom has no fetch of its own. Applications bring that of the browser.
  if (typeof fetch === 'undefined') {
    const { fetch, Headers, Request, Response } = require('whatwg-fetch')
    Object.assign(globalThis, { fetch, Headers, Request, Response })
  }
  expect(await findFaults(require('../../../dist/index.cjs'), process.env.SERVER)).toEqual([])
}, 30_000)
