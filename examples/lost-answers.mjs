// @ts-check
// A real server on loopback does what it is asked and loses its answers. The same batch of 100 items goes to it
// through four clients. Run it with `npm start`.
import { clients } from './clients.mjs'
import { startLossyServer } from './lossy-server.mjs'
import { createNarrator, layOut } from './narrator.mjs'

/** @typedef {import('./faults.mjs').Fault} Fault */

/** @type {{ name: string, story: string, faults: Fault[] }[]} */
const scenarios = [
  {
    name: 'answer reset',
    story: 'The server creates the items, then the connection is reset: no answer.',
    faults: ['commit-reset'],
  },
  {
    name: 'body cut in half',
    story: 'The server creates the items, says 201, and the connection breaks in the middle of the body.',
    faults: ['commit-cut'],
  },
  {
    name: '503 storm',
    story: 'A gateway answers 503, 502 and 503. Behind the 502, the server has created the items.',
    faults: ['fail-503', 'commit-502', 'fail-503'],
  },
  {
    name: 'slow commit',
    story: 'The connection is reset while the server still works. A retry comes too early.',
    faults: ['slow-reset'],
  },
]

const batch = { items: Array.from({ length: 100 }, (_, at) => `item ${at + 1}`) }
const wanted = batch.items.length

/** @param {string} operation */
const script = (operation) => scenarios.find(({ name }) => operation.startsWith(`${name}/`))?.faults ?? []

const narrator = createNarrator()
const server = await startLossyServer({ script, slowMs: 600 })

narrator.line()
narrator.line(`  One batch of ${wanted} items, four clients, four ways to lose an answer.`, 'bold')
narrator.line(
  `  ${server.url} does the work once per Idempotency-Key, and again for every request without one.`,
  'dim',
)

/** @type {{ isRight: boolean, isOurs: boolean, cells: (string | number)[], judgement: string }[]} */
const results = []
for (const { name: scenario, story } of scenarios) {
  narrator.line()
  narrator.line(`  ${scenario}`, 'bold')
  narrator.line(`  ${story}`, 'dim')
  for (const { name, isOurs, send } of clients) {
    const operation = `${scenario}/${name}`
    narrator.begin(name)
    const told = await send(`${server.url}/batches`, batch, { 'x-operation': operation }, (text) =>
      narrator.step(text),
    ).catch((/** @type {Error} */ error) => `failed: ${error.message.slice(0, 32)}`)
    await server.idle()
    const created = server.recordOf(operation).items
    const isRight = created === wanted && told === `${isOurs ? 'applied, ' : ''}created ${wanted}`
    narrator.end(told, isRight ? 'good' : 'bad')
    results.push({
      isRight,
      isOurs,
      cells: [scenario, name, wanted, created, told],
      judgement: judge(created, isRight),
    })
  }
}
await server.close()

narrator.line()
const heads = ['what went wrong', 'sent with', 'wanted', 'created', 'the caller was told']
const [head = '', ...lines] = layOut(
  heads,
  results.map(({ cells }) => cells),
)
narrator.line(`  ${head.trimEnd()}`, 'bold')
for (const [at, { isRight, judgement }] of results.entries()) {
  if (at > 0 && at % clients.length === 0) narrator.line()
  narrator.line(`  ${lines[at]}   ${narrator.paint(judgement, isRight ? 'good' : 'bad')}`)
}
narrator.line()

const isExactlyRight = results.every(({ isOurs, isRight }) => isRight || !isOurs)
narrator.line(
  isExactlyRight
    ? '  With an Idempotency-Key that is kept over every retry, each batch was created once, and the caller knew it.'
    : '  fetch-idempotency did not keep its promise.',
  isExactlyRight ? 'good' : 'bad',
)
process.exitCode = isExactlyRight ? 0 : 1

/**
 * @param {number} created
 * @param {boolean} isRight
 */
function judge(created, isRight) {
  if (isRight) return '✓ once'
  if (created > wanted) return `✗ ${created - wanted} too many`
  return created === wanted ? '✗ created, and told otherwise' : `✗ ${wanted - created} missing`
}
