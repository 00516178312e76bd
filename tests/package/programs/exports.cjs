// Prints the names that an entry gives to `require`, or fails when it gives others to `import`.
const assert = require('node:assert/strict')

const [, , entry] = process.argv
const required = Object.keys(require(entry)).filter((name) => name !== '__esModule')
import(entry).then((imported) => {
  assert.deepEqual(required.toSorted(), Object.keys(imported).toSorted())
  console.log(JSON.stringify(required))
})
