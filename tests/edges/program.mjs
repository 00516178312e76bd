import { bodies } from './bodies.mjs'
import { environments, loaders } from './environments.mjs'
import { startServer } from './lossy-server.mjs'

// One environment in a process of its own: `node program.mjs NAME`. It prints one line for each fault.
const name = process.argv[2]
const server = await startServer()
const own = await environments[name](server.url)
const load = loaders[name] ?? (() => import('../../dist/index.js'))
const { createIdempotentFetch, idempotencyOf } = await load()
server.take()
const fetchOfHost = own ?? globalThis.fetch
/** The bare fetch of Node 20 waits for ever for a body of jsdom. */
const bare = (url, init) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), 2000)
    fetchOfHost(url, init)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
let faults = 0
let checks = 0
let unhandled = 0
process.on('unhandledRejection', () => (unhandled += 1))

function check(what, isRight, told) {
  checks += 1
  if (isRight) return
  faults += 1
  console.log(`${name}, ${what}: ${told}`)
}

const withoutBoundary = (value = '') =>
  value.replace(/-{2,}[\w-]*(?:boundary|WebKit|undici|formdata)?[\w-]*\d[\w-]*/gi, 'BOUNDARY')

const send = createIdempotentFetch({ fetch: own, retry: { backoff: () => 1, maxAttempts: 3 } })
for (const [kind, [make, expected]] of Object.entries(bodies)) {
  let response
  try {
    response = await send(server.url, { method: 'POST', body: await make(), duplex: 'half' })
  } catch (error) {
    // What the bare fetch of this host does not know, it refuses, too.
    const isKnown = await bare(server.url, { method: 'POST', body: await make(), duplex: 'half' }).then(
      () => true,
      () => false,
    )
    check(kind, !isKnown, `${error?.name}: ${error?.message} <- ${error?.cause?.message}`)
    server.take()
    continue
  }
  const seen = server.take()
  const [first, second] = seen
  check(`${kind}: one loss, one resend`, seen.length === 2, `${seen.length} requests`)
  check(
    `${kind}: same bytes, type and key`,
    JSON.stringify(first) === JSON.stringify(second),
    JSON.stringify(seen),
  )
  const parts = [expected].flat()
  check(
    `${kind}: what arrived`,
    parts.every((part) => first.body.includes(part)),
    first.body,
  )
  check(`${kind}: no class name`, !first.body.includes('[object'), first.body)
  if (Array.isArray(expected)) {
    const boundary = /boundary="?([^";]+)/.exec(first.type ?? '')?.[1]
    check(`${kind}: the boundary`, boundary !== undefined && first.body.includes(boundary), first.type)
  }
  check(
    `${kind}: outcome`,
    idempotencyOf(response)?.outcome === 'applied',
    JSON.stringify(idempotencyOf(response)),
  )
  check(
    `${kind}: answer`,
    (await response.clone().json()).id === 1 && (await response.text()) === '{"id":1}',
    'another body',
  )

  // Where the bare fetch of this host knows the body, it sends the same.
  await bare(server.url, { method: 'POST', body: await make(), duplex: 'half' }).then(
    (answer) => answer.text(),
    () => undefined,
  )
  const [plain] = server.take()
  if (plain === undefined || plain.body.includes('[object')) continue
  const same = (one, other) => withoutBoundary(one).toLowerCase() === withoutBoundary(other).toLowerCase()
  if (!Array.isArray(expected)) {
    check(`${kind}: as bare`, plain.body === first.body, `${plain.body} and ${first.body}`)
    // Where the parameters are of a class that the bare fetch does not know, it sends them as plain text.
    const isUnknown = kind === 'URLSearchParams' && plain.type?.startsWith('text/plain')
    const isSame = same(plain.type, first.type) || isUnknown
    check(`${kind}: type as bare`, isSame, `${plain.type} and ${first.type}`)
  } else
    check(
      `${kind}: type as bare`,
      first.type?.startsWith('multipart/form-data') === plain.type?.startsWith('multipart/form-data'),
      `${plain.type} and ${first.type}`,
    )
}

// The answer is of the host's own class, with all of its cookies.
const [bareAnswer, answer] = [await bare(server.url), await send(server.url)]
check('class of the answer', answer.constructor === bareAnswer.constructor, answer.constructor?.name)
if (typeof bareAnswer.headers.getSetCookie === 'function')
  check('cookies', answer.headers.getSetCookie().join() === 'a=1,b=2', answer.headers.getSetCookie().join())
await Promise.all([bareAnswer.text(), answer.text()])
server.take()
if (name === 'node') {
  const { checkAnswers } = await import('./answers.mjs')
  const { checkHono } = await import('./hono.mjs')
  const { checkInputs } = await import('./inputs.mjs')
  const { checkLayers } = await import('./layers.mjs')
  const { checkHttp2 } = await import('./http2.mjs')
  const { checkProxyVariables } = await import('./proxy-variables.mjs')
  await checkInputs(server, check)
  await checkAnswers(check)
  await checkLayers(check)
  await checkHttp2(check)
  await checkProxyVariables(check)
  // Last, as its server puts classes of its own in place of the runtime's.
  await checkHono(server, check)
}
check('rejections', unhandled === 0, `${unhandled} unhandled`)
console.log(`${name}: ${checks} checks, ${faults} faults`)
server.close()
process.exit(faults > 0 ? 1 : 0)
