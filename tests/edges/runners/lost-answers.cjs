// What a test in a runner of others does: each body is sent by a wrapped fetch and by the bare one of that environment.
const bodies = {
  string: () => 'text',
  bytes: () => new Uint8Array([97, 98]),
  buffer: () => new Uint8Array([97, 98]).buffer,
  URLSearchParams: () => new URLSearchParams({ a: 'b c' }),
  Blob: () => new Blob(['blob'], { type: 'text/csv' }),
  FormData() {
    const form = new FormData()
    form.append('a', 'b\nc')
    return form
  },
  'FormData with a file'() {
    const form = new FormData()
    form.append('file', new File(['file'], 'a "b".txt', { type: 'text/csv' }))
    return form
  },
}

/** Without what each writing of a form has anew. */
function plain({ type = '', body }) {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1]
  const text = boundary === undefined ? body : body.replaceAll(boundary, 'BOUNDARY')
  const words = text.replace(/content-[a-z]+(?=:)/gi, (name) => name.toLowerCase())
  return `${type.replace(boundary, 'BOUNDARY')} ${words.trimEnd()}`
}

/** What the bare fetch of this environment sends. Where the classes of jsdom are mixed with those of Node 20, it waits for ever. */
function sendBare(url, body) {
  const late = new Promise((resolve) =>
    setTimeout(resolve, 2_000, { json: async () => ({ body: '[object late]' }) }),
  )
  return Promise.race([fetch(url, { method: 'POST', body }), late])
}

/** The faults, each as a line. */
module.exports = async function findFaults({ createIdempotentFetch, idempotencyOf }, url) {
  const faults = []
  const send = createIdempotentFetch({ retry: { backoff: () => 1, maxAttempts: 3 } })
  const echo = `${url}echo`
  for (const [kind, make] of Object.entries(bodies)) {
    // The own one first: Node loads its fetch when it is used, with the classes that it finds then.
    const own = await send(echo, { method: 'POST', body: make() })
    const bare = await sendBare(echo, make())
    const [expected, got] = [plain(await bare.json()), plain(await own.json())]
    // The bare fetch of an environment with mixed classes writes the name of a class.
    const isKnown = !expected.includes('[object ')
    if (isKnown ? got !== expected : got.includes('[object ') && kind !== 'FormData with a file')
      faults.push(`${kind}: ${got}, bare ${expected}`)
    const { outcome, attempts } = idempotencyOf(own) ?? {}
    if (outcome !== 'applied' || attempts !== 2) faults.push(`${kind}: ${outcome} after ${attempts}`)
    if (bare.status !== undefined && own.constructor !== bare.constructor)
      faults.push(`${kind}: an answer of another class`)
  }
  const request = () => new Request(echo, { method: 'POST', body: 'request' })
  const answer = await send(request())
  if (plain(await answer.json()) !== plain(await (await fetch(request())).json()))
    faults.push('Request: other bytes')
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('mine')), 20)
  const error = await send(`${url}hang`, { method: 'POST', signal: controller.signal }).catch(
    (reason) => reason,
  )
  if (error?.message !== 'mine') faults.push(`abort: ${error?.name} ${error?.message}`)
  return faults
}
