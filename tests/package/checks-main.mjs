import process from 'node:process'
import { runChecks } from './checks.mjs'

console.log(JSON.stringify(await runChecks(process.argv[2])))
