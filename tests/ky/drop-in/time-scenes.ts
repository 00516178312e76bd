import { after, hang, ok, parts, reset, status, streamed } from './answers.js'
import { ownFailure } from './differences.js'
import type { Scene } from './scene.js'

const delay = () => 500
const reasons: readonly (readonly [string, unknown])[] = [
  ['an error', new Error('mine')],
  ['a string', 'mine'],
  ['nothing', undefined],
]

/** Aborts after a while, with the caller's reason. */
function abortAfter(ms: number, reason: unknown): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(reason), ms)
  return controller.signal
}

export const timeScenes: readonly Scene[] = [
  {
    name: 'timeout: a server that hangs',
    play: () => ({ script: [hang], options: { timeout: 2_000, retry: { limit: 2, delay } } }),
  },
  {
    name: 'timeout: the default, and a server that hangs',
    play: () => ({ script: [hang], options: { retry: { limit: 2, delay } } }),
  },
  {
    name: 'timeout: of each attempt, not of the call',
    play: () => ({
      script: [after(6_000, status(503)), after(6_000, status(503)), after(6_000, ok())],
      options: { timeout: 10_000, retry: { delay } },
    }),
  },
  {
    name: 'timeout: a wait that is longer',
    play: () => ({ script: [status(503, { 'retry-after': '20' }), ok()], options: { timeout: 5_000 } }),
  },
  {
    name: 'timeout: false, and an answer after a minute',
    play: () => ({ script: [after(60_000, ok())], options: { timeout: false } }),
  },
  {
    name: 'timeout: above what a timer can hold',
    play: () => ({ script: [ok()], options: { timeout: 2 ** 31 } }),
    differs: { ...ownFailure, expected: () => ({ times: ['0 end'] }) },
  },
  {
    name: 'timeout: a fetch that does not heed its signal',
    play: () => ({
      script: [() => new Promise(() => undefined)],
      options: { timeout: 2_000, retry: { limit: 0 } },
    }),
  },
  ...(
    [
      ['a server that hangs', [hang], 3_000],
      ['between two attempts', [status(503)], 700],
      ['a wait that is longer', [status(503, { 'retry-after': '20' }), ok()], 3_000],
      ['two lost connections within it', [reset, reset, ok()], 5_000],
    ] as const
  ).map(([name, script, totalTimeout]): Scene => ({
    name: `totalTimeout: ${name}`,
    majors: [2],
    play: () => ({ script, options: { totalTimeout, retry: { delay } } }),
  })),
  {
    name: 'totalTimeout: a slow hook within it',
    majors: [2],
    play: ({ watch }) => ({
      script: [status(503), ok()],
      options: {
        totalTimeout: 2_000,
        retry: { delay },
        hooks: {
          beforeRetry: [watch('beforeRetry', () => new Promise((resolve) => setTimeout(resolve, 5_000)))],
        },
      },
    }),
  },
  {
    name: 'totalTimeout: a shouldRetry that hangs',
    majors: [2],
    play: ({ watch }) => ({
      script: [status(503), ok()],
      options: {
        totalTimeout: 2_000,
        retry: { delay, shouldRetry: watch('shouldRetry', () => new Promise(() => undefined)) },
      },
    }),
  },
  {
    name: 'totalTimeout: a body that stalls',
    majors: [2],
    methods: ['get'],
    play: () => ({
      script: [streamed(200, () => parts(['{"id":'], 10, 'stall'))],
      options: { totalTimeout: 2_000, timeout: false },
      read: (promise) => promise.json!(),
    }),
  },
  ...(['timeout', 'totalTimeout'] as const).map((name): Scene => ({
    name: `${name}: a request body that stalls`,
    majors: name === 'timeout' ? [1, 2] : [2],
    methods: ['post', 'put'],
    play: () => ({
      script: [ok()],
      call: { body: parts(['{"id":'], 10, 'stall') },
      options: { timeout: false, retry: { limit: 0 }, [name]: 3_000 },
    }),
    differs: {
      because: 'It is read before the write is sent.',
      expected: () => ({ times: ['3000 end'] }),
    },
  })),
  ...reasons.flatMap(([name, reason]): Scene[] => [
    {
      name: `signal: aborted with ${name} before the call`,
      play: ({ own }) => ({
        script: [ok()],
        options: { signal: AbortSignal.abort(reason === undefined ? undefined : own('reason', reason)) },
      }),
    },
    {
      name: `signal: aborts with ${name} in flight`,
      play: () => ({ script: [hang], options: { signal: abortAfter(300, reason), retry: { delay } } }),
    },
    {
      name: `signal: aborts with ${name} in flight, without a timeout`,
      play: () => ({ script: [hang], options: { signal: abortAfter(300, reason), timeout: false } }),
    },
    {
      name: `signal: aborts with ${name} in the wait`,
      play: () => ({ script: [reset], options: { signal: abortAfter(300, reason), retry: { delay } } }),
    },
    {
      name: `signal: aborts with ${name} in the wait that the server asked for`,
      play: () => ({
        script: [status(503, { 'retry-after': '9' })],
        options: { signal: abortAfter(3_000, reason) },
      }),
    },
    {
      name: `signal: aborts with ${name} in the second attempt`,
      play: () => ({
        script: [status(503), hang],
        options: { signal: abortAfter(800, reason), retry: { delay } },
      }),
    },
  ]),
  {
    name: 'signal: aborts in a hook',
    play: ({ watch }) => {
      const controller = new AbortController()
      const stop = () => controller.abort(new Error('mine'))
      return {
        script: [status(503), ok()],
        options: {
          signal: controller.signal,
          retry: { delay },
          hooks: { beforeRetry: [watch('beforeRetry', stop)] },
        },
      }
    },
  },
  {
    name: 'signal: aborts while the caller reads the body',
    methods: ['get'],
    play: () => ({
      script: [streamed(200, () => parts(['a', 'b', 'c'], 200, 'stall'), { 'content-type': 'text/plain' })],
      options: { signal: abortAfter(300, new Error('mine')), timeout: 1_000 },
      read: async (promise) => {
        const reader = (await promise).body!.getReader()
        return [await reader.read()]
      },
    }),
  },
  {
    name: 'signal: does not abort, and the call is over',
    play: () => ({
      script: [status(503), ok()],
      options: { signal: abortAfter(90_000, 'late'), retry: { delay } },
    }),
  },
]
