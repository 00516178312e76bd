// What a runtime's own `fetch` does, and what has to be true of it behind the wrapper as well.
import { createIdempotentFetch, idempotencyOf } from '../../dist/index.js'

const send = createIdempotentFetch({ retry: { backoff: () => 1 } })
const sendKeyless = createIdempotentFetch({ retry: { backoff: () => 1 }, methods: [] })

/** @param {string} origin a lossy server */
export async function fetchSemantics(origin) {
  const post = (path, body) => send(origin + path, { method: 'POST', body, duplex: 'half' })
  const reused = await reuseConnection(post)
  return {
    cut: await describe(await post('/cut', 'book')),
    // In some runtimes the answer has an empty body, and yet no response can be made with one.
    empty: await describe(await post('/empty', 'book')),
    gone: await describe(await send(`${origin}/empty`, { method: 'DELETE' })),
    moved: await describe(await post('/moved', 'book')),
    clone: await describeClone(await post('/moved', 'book')),
    stream: await describe(await post('/stream', new Blob(['bo', 'ok']).stream())),
    form: await describe(await post('/form', formOf('book'))),
    unsendable: await describeFailure(send('http://', { method: 'POST', body: 'book' })),
    astray: await describeFailure(sendKeyless(`${origin}/astray`, { method: 'POST', body: 'book' })),
    aborted: await abort(origin),
    reused,
  }
}

async function describe(response) {
  const { status, url, redirected } = response
  const { attempts, replayed, outcome } = idempotencyOf(response) ?? {}
  const { pathname } = new URL(url)
  return { status, pathname, redirected, text: await response.text(), attempts, replayed, outcome }
}

async function describeClone(response) {
  const { status, pathname, redirected, text } = await describe(response.clone())
  return { status, pathname, redirected, text }
}

async function describeFailure(sending) {
  const error = await sending.then(String, (thrown) => thrown)
  return { name: error.name, outcome: idempotencyOf(error)?.outcome }
}

function formOf(item) {
  const form = new FormData()
  form.set('item', new Blob([item]), 'item.txt')
  return form
}

/** The reason is the caller's own object, whatever the runtime makes of it. */
async function abort(origin) {
  const controller = new AbortController()
  const reason = new Error('left the page')
  const sending = send(`${origin}/silent`, { method: 'POST', body: 'book', signal: controller.signal })
  setTimeout(() => controller.abort(reason), 50)
  const thrown = await sending.catch((error) => error)
  return { isOwnReason: thrown === reason, outcome: idempotencyOf(thrown)?.outcome }
}

/**
 * The answer is lost on a connection that was used before, which a browser takes for one that went stale: it sends the
 * write again of its own accord, and only the key keeps that from being a second write.
 */
async function reuseConnection(post) {
  await post('/kept', 'book')
  const { attempts, ...rest } = await describe(await post('/kept', 'book'))
  return rest
}
