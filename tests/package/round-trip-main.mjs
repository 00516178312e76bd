import process from 'node:process'
import { roundTrip } from './round-trip.mjs'

console.log(JSON.stringify(await roundTrip(process.argv[2])))
