// Adds up what the test runner reported: node .ci/count.mjs REPORT.json …
// Fails when a report holds no passed test: a run that tested nothing is not a success.
import { readFileSync } from 'node:fs'

const reports = process.argv.slice(2).map((path) => ({ path, ...JSON.parse(readFileSync(path, 'utf8')) }))
const sum = (field) => reports.reduce((total, report) => total + report[field], 0)

for (const { path, numPassedTests } of reports) {
  if (numPassedTests > 0) continue
  console.error(`${path}: no test passed`)
  process.exitCode = 1
}
const skipped = sum('numPendingTests') + sum('numTodoTests')
console.log(`${sum('numPassedTests')} passed, ${sum('numFailedTests')} failed, ${skipped} skipped`)
