// @ts-check
// µs per keyed POST, over a stub transport and over loopback, for bare fetch, ours and other clients in one run.
//   npm run bench                 the table
//   npm run bench -- --json       the numbers
//   npm run bench -- --check      exits 1 when a bar is missed
//   npm run bench -- --rounds 900 more or fewer rounds
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { answerBody, answerHeaders } from './answer.mjs'
import { contendersOver, gotOver } from './contenders.mjs'
import { measure, summarise } from './measure.mjs'

/** @typedef {ReturnType<typeof summarise>} Summary */

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '400' },
  },
})
const rounds = Number(options.rounds)

const stubUrl = 'http://stub.test/orders'
const stub = async () => new Response(answerBody, { status: 201, headers: answerHeaders })
const overStub = summarise(
  await measure(contendersOver(stubUrl, stub), { rounds, callsPerRound: 20, warmUpCalls: 3_000 }),
  'fetch',
)

const server = new Worker(new URL('server.mjs', import.meta.url))
const port = await new Promise((resolve) => server.once('message', resolve))
const url = `http://127.0.0.1:${port}/orders`
const overLoopback = summarise(
  await measure([...contendersOver(url, fetch), gotOver(url)], {
    rounds,
    callsPerRound: 10,
    warmUpCalls: 500,
  }),
  'fetch',
)
await server.terminate()

const ours = 'createIdempotentFetch'
const row = (/** @type {Summary} */ summary, /** @type {string} */ name) => {
  const found = summary.find((line) => line.name === name)
  if (!found) throw new Error(`${name} did not run`)
  return found
}
const others = ['ky 1', 'ky 2', 'wretch']
const isBelow = (/** @type {Summary} */ summary, /** @type {string[]} */ names) =>
  names.every((name) => row(summary, ours).us < row(summary, name).us)
const kyRatio = row(overStub, 'ky 2 + idempotency()').us / row(overStub, 'ky 2').us
const bars = [
  {
    bar: 'stub: at most 1.4 times fetch',
    value: row(overStub, ours).ratio.toFixed(2),
    pass: row(overStub, ours).ratio <= 1.4,
  },
  {
    bar: 'stub: ky 2 + idempotency() at most 1.3 times ky 2',
    value: kyRatio.toFixed(2),
    pass: kyRatio <= 1.3,
  },
  {
    bar: 'loopback: at most 10 % over fetch',
    value: percent(row(overLoopback, ours).ratio),
    pass: row(overLoopback, ours).ratio <= 1.1,
  },
  { bar: 'stub: below ky, wretch and ofetch', value: '', pass: isBelow(overStub, [...others, 'ofetch']) },
]

if (options.json) {
  console.log(JSON.stringify({ node: process.version, rounds, stub: overStub, loopback: overLoopback, bars }))
} else {
  console.log(
    `µs per keyed POST, its JSON answer read. Node ${process.version}, ${rounds} interleaved rounds.`,
  )
  printTable('stub transport', overStub)
  printTable('loopback', overLoopback)
  console.log('\nbars')
  for (const { bar, value, pass } of bars) {
    console.log(`  ${pass ? 'met   ' : 'missed'}  ${bar}${value && `: ${value}`}`)
  }
}
if (options.check && bars.some(({ pass }) => !pass)) process.exitCode = 1

/** @param {number} ratio */
function percent(ratio) {
  const over = (ratio - 1) * 100
  return `${over >= 0 ? '+' : '−'}${Math.abs(over).toFixed(1)} %`
}

/**
 * @param {string} title
 * @param {Summary} summary
 */
function printTable(title, summary) {
  console.log(`\n${title.padEnd(24)}${'µs'.padStart(9)}${'over fetch'.padStart(14)}${'ratio'.padStart(9)}`)
  for (const { name, us, overUs, ratio } of summary) {
    console.log(
      `${name.padEnd(24)}${us.toFixed(1).padStart(9)}${`${overUs.toFixed(1)} µs`.padStart(14)}${ratio.toFixed(2).padStart(9)}`,
    )
  }
}
