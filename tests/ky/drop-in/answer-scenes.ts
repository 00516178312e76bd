import { ok, parts, reset, status, streamed } from './answers.js'
import { cutAfter, ownFailure, resent } from './differences.js'
import type { Difference, Play, Scene } from './scene.js'

const delay = () => 100
const json = '{"id":1}'
const text = (body: string, type = 'application/json', code = 200) =>
  new Response(body, { status: code, headers: { 'content-type': type } })
const events = { 'content-type': 'text/event-stream' }

/** Reads the parts of a body one by one, and notes when each of them comes. */
const readParts =
  (note: (what: string) => void): NonNullable<Play['read']> =>
  async (promise) => {
    const found: string[] = []
    const reader = (await promise).body!.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      found.push(part.value)
      note(`read ${part.value}`)
    }
    return found
  }

/** A body that somebody reads already. */
function locked(code: number): Response {
  const response = text(json, 'application/json', code)
  response.body!.getReader()
  return response
}

const shortcuts: readonly (readonly [string, Play['script']])[] = [
  ['json', [ok()]],
  ['text', [ok()]],
  ['arrayBuffer', [ok()]],
  ['blob', [ok()]],
  ['bytes', [ok()]],
  ['formData', [text('a=1', 'application/x-www-form-urlencoded')]],
]

const bodies: readonly (readonly [string, Play['script'][number]])[] = [
  ['204', new Response(null, { status: 204 })],
  ['an empty body', text('')],
  ['a body that is no JSON', text('<html>')],
  ['JSON of another type', text('[1]', 'text/plain')],
  ['a 304', new Response(null, { status: 304 })],
]

/** Error bodies, which ky 2 reads into `error.data`. */
const data: readonly (readonly [string, Play['script'][number]])[] = [
  ['JSON', status(422, {}, { reason: 'no' })],
  ['problem+json', text('{"title":"no"}', 'application/problem+json', 400)],
  ['text', text('no', 'text/plain', 400)],
  ['bad JSON', text('{no', 'application/json', 400)],
  ['nothing', new Response(null, { status: 400 })],
  ['JSON that is cut', streamed(400, () => parts(['{"a":'], 0, 'cut'))],
]

const waitsForBody: Difference = {
  because: 'The body of a write is read within the attempt, as far as it comes in time.',
  ignores: ['times'],
}

/** A success whose body does not come to its end, then one that does. */
const lostBodies: readonly (readonly [string, Play['script'][number], number, number])[] = [
  ['is cut', streamed(200, () => parts(['{"id":'], 0, 'cut')), 0, 100],
  ['stalls', streamed(200, () => parts(['{"id":'], 0, 'stall')), 0, 3_100],
]

export const answerScenes: readonly Scene[] = [
  ...shortcuts.map(([name, script]): Scene => ({
    name: `answer: .${name}()`,
    play: () => ({ script, read: (promise) => promise[name]!() }),
  })),
  ...bodies.map(([name, answer]): Scene => ({
    name: `answer: .json() of ${name}`,
    play: () => ({ script: [answer], read: (promise) => promise.json!() }),
  })),
  {
    name: 'answer: .json() after a retry',
    play: () => ({
      script: [status(503), reset, ok()],
      options: { retry: { delay } },
      read: (promise) => promise.json!(),
    }),
  },
  {
    name: 'answer: .json() of the response',
    play: ({ watch }) => ({
      script: [ok()],
      options: { parseJson: watch('parseJson', (body: string) => ({ parsed: body })) },
      read: async (promise) => (await promise).json(),
    }),
  },
  {
    name: 'answer: parseJson',
    play: ({ watch }) => ({
      script: [ok()],
      options: { parseJson: watch('parseJson', (body: string) => ({ parsed: body })) },
      read: (promise) => promise.json!(),
    }),
  },
  {
    name: 'answer: parseJson throws',
    play: ({ own }) => ({
      script: [ok()],
      options: {
        parseJson: () => {
          throw own('error', new Error('mine'))
        },
      },
      read: (promise) => promise.json!(),
    }),
  },
  {
    name: 'answer: parseJson of an error body',
    play: ({ watch }) => ({
      script: [status(422)],
      options: { parseJson: watch('parseJson', (body: string) => ({ parsed: body })) },
    }),
  },
  {
    name: 'answer: a schema',
    majors: [2],
    play: ({ watch }) => {
      const validate = watch('validate', (value: unknown) => ({ value: { valid: value } }))
      const schema = { '~standard': { version: 1, vendor: 'own', validate } }
      const read = (promise: unknown) =>
        (promise as { json: (schema: object) => Promise<unknown> }).json(schema)
      return { script: [ok()], read }
    },
  },
  ...data.map(([name, answer]): Scene => ({
    name: `answer: an error whose body is ${name}`,
    play: () => ({ script: [answer], options: { retry: { delay } } }),
  })),
  {
    name: 'answer: the body of an error, read by the caller',
    play: () => ({
      script: [status(404)],
      read: (promise) =>
        promise.catch(({ response }: { response: Response }) => [response.bodyUsed, response.status]),
    }),
  },
  ...[401, 404, 422].flatMap((code): Scene[] => [
    {
      name: `definite: a ${code} whose body stalls`,
      differs: waitsForBody,
      play: () => ({
        script: [streamed(code, () => parts(['{"a":'], 0, 'stall'))],
        options: { timeout: 3_000, retry: { delay } },
      }),
    },
    {
      name: `definite: a ${code} whose body is locked`,
      play: () => ({ script: [() => locked(code)], options: { retry: { delay } } }),
    },
    {
      name: `definite: a ${code} whose body is cut`,
      play: () => ({
        script: [streamed(code, () => parts(['{"a":'], 0, 'cut'))],
        options: { retry: { delay } },
      }),
    },
  ]),
  {
    name: 'definite: a 401 whose body stalls, without a timeout',
    differs: waitsForBody,
    play: () => ({
      script: [streamed(401, () => parts(['{"a":'], 0, 'stall'))],
      options: { timeout: false, retry: { delay } },
    }),
  },
  {
    name: 'definite: throwHttpErrors: false, and a 401 whose body stalls',
    differs: waitsForBody,
    play: () => ({
      script: [streamed(401, () => parts(['{"a":'], 0, 'stall'))],
      options: { timeout: 3_000, throwHttpErrors: false },
      read: async (promise) => (await promise).status,
    }),
  },
  ...lostBodies.map(([name, answer, ...atMs]): Scene => ({
    name: `lost: a 200 whose body ${name}`,
    methods: ['post', 'put', 'delete'],
    play: () => ({ script: [answer, ok()], options: { timeout: 3_000, retry: { delay } } }),
    differs: { because: 'The body of a write is part of the attempt.', expected: resent(...atMs) },
  })),
  {
    name: 'stream: the parts of an answer that streams',
    methods: ['get', 'post'],
    play: ({ note }) => ({
      script: [streamed(200, () => parts(['a', 'b', 'c'], 400), events)],
      read: readParts(note),
    }),
  },
  {
    name: 'stream: an answer that never ends',
    methods: ['get', 'post'],
    play: ({ note }) => ({
      script: [streamed(200, () => parts(['a', 'b'], 400, 'stall'), events)],
      read: async (promise) => {
        const reader = (await promise).body!.getReader()
        await reader.read()
        note('read')
        await reader.cancel()
        return 'cancelled'
      },
    }),
  },
  {
    name: 'stream: a long body of a read',
    methods: ['get'],
    play: ({ note }) => ({
      script: [streamed(200, () => parts(['a', 'b', 'c'], 400), { 'content-type': 'text/plain' })],
      read: readParts(note),
    }),
  },
  {
    name: 'stream: a body that is cut',
    methods: ['get'],
    play: () => ({ script: [streamed(200, () => parts([json], 0, 'cut'))], options: { retry: { delay } } }),
  },
  {
    name: 'stream: a body that is locked',
    methods: ['get'],
    play: () => ({
      script: [() => locked(200)],
      options: { retry: { delay } },
      read: async (promise) => (await promise).body!.locked,
    }),
  },
  {
    name: 'stream: the response is that of the fetch',
    methods: ['get'],
    play: ({ own }) => {
      const response = own('response', ok())
      return { script: [() => response], read: (promise) => promise }
    },
  },
  ...(['text', 'json'] as const).map((name): Scene => ({
    name: `onDownloadProgress: .${name}()`,
    play: ({ watch }) => ({
      script: [
        status(503),
        streamed(200, () => parts(['{"a":"', 'bcd', '"}'], 200), {
          'content-type': 'application/json',
          'content-length': '11',
        }),
      ],
      options: { retry: { delay }, onDownloadProgress: watch('onDownloadProgress') },
      read: (promise) => promise[name]!(),
    }),
  })),
  {
    name: 'onDownloadProgress: no function',
    play: () => ({ script: [ok()], options: { onDownloadProgress: 'no' } }),
    differs: { ...ownFailure, expected: cutAfter(1) },
  },
]
