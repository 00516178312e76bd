import { ok, parts, readArguments, status } from './answers.js'
import type { Options, Play, Scene } from './scene.js'
import { url } from './perform.js'

const delay = () => 100
const script = [status(503), ok()]
const encoder = new TextEncoder()

function form(): FormData {
  const data = new FormData()
  data.set('amount', '1')
  data.set('file', new Blob(['contents'], { type: 'text/plain' }), 'a.txt')
  return data
}

const bodies: readonly (readonly [string, () => Options])[] = [
  ['json', () => ({ json: { amount: 1, at: new Date(0) } })],
  ['json that is null', () => ({ json: null })],
  [
    'json with a content type',
    () => ({ json: [1], headers: { 'content-type': 'application/vnd.api+json' } }),
  ],
  ['a string', () => ({ body: 'plain' })],
  ['an empty string', () => ({ body: '' })],
  ['bytes', () => ({ body: encoder.encode('bytes') })],
  ['a buffer', () => ({ body: encoder.encode('buffer').buffer })],
  ['a blob', () => ({ body: new Blob(['blob'], { type: 'text/x-blob' }) })],
  ['a form', () => ({ body: form() })],
  ['parameters', () => ({ body: new URLSearchParams({ a: '1', b: 'ü' }) })],
  ['a stream', () => ({ body: parts(['one', 'two', 'three']) })],
  ['no body', () => ({})],
]

const inputs: readonly (readonly [
  string,
  readonly (1 | 2)[],
  () => Pick<Play, 'input' | 'options' | 'call'>,
])[] = [
  ['a URL', [1, 2], () => ({ input: new URL(url) })],
  ['a request', [1, 2], () => ({ input: new Request(url, { headers: { 'x-own': '1' } }), call: {} })],
  ['searchParams as an object', [1, 2], () => ({ options: { searchParams: { page: 2, gone: undefined } } })],
  ['searchParams as a string', [1, 2], () => ({ options: { searchParams: '?page=2' } })],
  [
    'searchParams as pairs',
    [1, 2],
    () => ({
      options: {
        searchParams: [
          ['page', 2],
          ['page', 3],
        ],
      },
    }),
  ],
  [
    'searchParams over those of the URL',
    [1, 2],
    () => ({ input: `${url}?old=1`, options: { searchParams: { page: 2 } } }),
  ],
  ['prefixUrl', [1], () => ({ input: 'orders', options: { prefixUrl: 'https://prefix.test/v1' } })],
  [
    'a slash after prefixUrl',
    [1],
    () => ({ input: '/orders', options: { prefixUrl: 'https://prefix.test/v1' } }),
  ],
  ['prefix', [2], () => ({ input: '/orders', options: { prefix: 'https://prefix.test/v1' } })],
  ['baseUrl', [2], () => ({ input: '../orders', options: { baseUrl: 'https://base.test/v1/v2/' } })],
  [
    'prefixUrl, which has another name in ky 2',
    [2],
    () => ({ input: 'orders', options: { prefixUrl: 'https://prefix.test' } }),
  ],
  ['headers', [1, 2], () => ({ options: { headers: { 'x-own': '1', authorization: 'Bearer x' } } })],
  [
    'an option that ky does not know',
    [1, 2],
    () => ({ options: { next: { revalidate: 1 }, dispatcherOfMine: 1 } }),
  ],
  ['a wrong URL', [1, 2], () => ({ input: 'http://' })],
]

export const bodyScenes: readonly Scene[] = [
  ...bodies.map(([name, body]): Scene => ({
    name: `body: ${name}, sent twice`,
    methods: ['post', 'put'],
    play: () => ({ script, call: body(), options: { retry: { delay } } }),
  })),
  ...inputs.map(([name, majors, play]): Scene => ({
    name: `input: ${name}`,
    majors,
    play: () => {
      const { options, ...more } = play()
      return { script, ...more, options: { retry: { delay }, ...options } }
    },
  })),
  {
    name: 'input: a request with a body',
    methods: ['post'],
    play: () => ({
      script,
      input: new Request(url, { method: 'POST', body: 'theirs', headers: { 'content-type': 'text/x-own' } }),
      call: {},
      options: { retry: { delay } },
    }),
  },
  {
    name: 'body: stringifyJson',
    methods: ['post', 'put', 'delete'],
    play: ({ watch }) => ({
      script,
      options: {
        retry: { delay },
        stringifyJson: watch('stringifyJson', (data: unknown) => `own ${JSON.stringify(data)}`),
      },
    }),
  },
  {
    name: 'body: stringifyJson throws',
    methods: ['post'],
    play: ({ own }) => ({
      script,
      options: {
        stringifyJson: () => {
          throw own('error', new Error('mine'))
        },
      },
    }),
  },
  {
    name: 'body: a stream that breaks',
    methods: ['post'],
    play: () => ({
      script: [ok()],
      call: { body: parts(['one'], 0, 'cut') },
      options: { retry: { limit: 0 } },
    }),
  },
  ...bodies
    .filter(([name]) => ['json', 'bytes', 'a blob', 'a stream', 'no body'].includes(name))
    .map(([name, body]): Scene => ({
      name: `onUploadProgress: ${name}`,
      methods: ['post', 'put'],
      play: ({ watch }) => ({
        script,
        call: body(),
        options: { retry: { delay }, onUploadProgress: watch('onUploadProgress') },
      }),
    })),
  {
    name: 'onUploadProgress: another body, that beforeRetry gives',
    methods: ['post', 'put'],
    play: ({ watch }) => {
      const change = ({ request }: { request: Request }) =>
        new Request(request, { method: request.method, body: 'another, and a longer one' })
      return {
        script,
        call: { body: 'first' },
        options: {
          retry: { delay },
          onUploadProgress: watch('onUploadProgress'),
          hooks: { beforeRetry: [change] },
        },
      }
    },
  },
  {
    name: 'onUploadProgress: another body, by ky.retry()',
    methods: ['post', 'put'],
    play: ({ watch }, one, ky) => ({
      script: [ok(), ok()],
      call: { body: 'first' },
      options: {
        onUploadProgress: watch('onUploadProgress'),
        hooks: {
          afterResponse: [
            (...args: unknown[]) => {
              const { request, retryCount } = readArguments(one, 'afterResponse', args)
              const changed = new Request(request.url, { method: request.method, body: 'another' })
              const { retry } = ky as unknown as { retry: (options: object) => unknown }
              return retryCount === 0 ? retry({ request: changed, delay: 1 }) : undefined
            },
          ],
        },
      },
    }),
  },
  {
    name: 'onUploadProgress: no function',
    play: () => ({ script, options: { onUploadProgress: 'no' } }),
  },
]
