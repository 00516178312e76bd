import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { createIdempotentFetch, idempotencyOf } = await import('../../dist/index.js')

const init = { status: 200, headers: { 'content-type': 'application/json' } }
const text = '{"id":2}'

/** A response of each class. */
const classes = {
  'the runtime': () => new Response(text, init),
  'undici 6': () => new (require('undici6').Response)(text, init),
  'undici 7': () => new (require('undici7').Response)(text, init),
  'node-fetch 2': () => new (require('node-fetch2').Response)(text, init),
  'node-fetch 3': async () => new (await import('node-fetch')).Response(text, init),
  'happy-dom': async () => {
    const { Window } = await import('happy-dom')
    return new new Window({ url: 'http://localhost/' }).Response(text, init)
  },
}

const lost = () => Promise.reject(new TypeError('fetch failed'))
const once = { backoff: () => 1, maxAttempts: 2 }

/** Where a response of another class may come from, and what is true of the write then. */
const sources = {
  fetch: [(make) => ({ fetch: make }), 'applied'],
  beforeRequest: [(make) => ({ fetch: lost, hooks: { beforeRequest: [make] } }), 'not-applied'],
  afterResponse: [
    (make) => ({ fetch: async () => Response.json(1), hooks: { afterResponse: [make] } }),
    'applied',
  ],
  beforeRetry: [(make) => ({ fetch: lost, hooks: { beforeRetry: [make] } }), 'unknown'],
  reconcile: [(make) => ({ fetch: lost, reconcile: make }), 'applied'],
  resolve: [
    (make) => ({
      fetch: async () => new Response('', { status: 409 }),
      contract: { name: 'done', classify: () => 'already-done' },
      resolve: make,
    }),
    'applied',
  ],
}

export async function checkAnswers(check) {
  const { defineContract } = await import('../../dist/contract/index.js')
  for (const [kind, make] of Object.entries(classes)) {
    for (const [source, [options, outcome]] of Object.entries(sources)) {
      const { contract, ...rest } = options(async () => make())
      const send = createIdempotentFetch({
        ...rest,
        ...(contract && { contract: defineContract(contract) }),
        retry: once,
      })
      const response = await send('http://a.test/', { method: 'POST', body: '{}' }).catch((error) => error)
      const what = `a response of ${kind} from ${source}`
      check(`${what}: status`, response.status === 200, String(response))
      if (response.status !== 200) continue
      check(
        `${what}: outcome`,
        idempotencyOf(response)?.outcome === outcome,
        idempotencyOf(response)?.outcome,
      )
      check(`${what}: copy`, (await response.clone().json()).id === 2, 'another body')
      check(`${what}: body`, (await response.text()) === text, 'another body')
    }
  }
}
