import { hang, ok, refused, reset, status } from './answers.js'
import { ky1, refusal, resent } from './differences.js'
import type { Answer, Difference, Options, Scene } from './scene.js'

const delay = (count: number) => count * 10

/** Options for retries, and what they have to do. */
const optionScenes: readonly (readonly [string, readonly Answer[], Options, Partial<Scene>?])[] = [
  ['no options at all', [status(503)], {}],
  ['a limit as a number', [status(503)], { retry: 1 }],
  ['a limit of 0 as a number', [status(503)], { retry: 0 }],
  ['a limit of 0', [reset], { retry: { limit: 0 } }],
  ['a limit of 4', [status(503)], { retry: { limit: 4, delay } }],
  ['a limit that is no whole number', [status(503)], { retry: { limit: 1.5, delay } }],
  ['a limit as text', [status(503)], { retry: { limit: '1', delay } }, { majors: [1] }],
  ['413 among the status codes', [status(413), ok()], { retry: { statusCodes: [413], delay } }],
  ['a timeout of 0', [hang], { timeout: 0, retry: { limit: 1, delay } }],
  ['a limit of 4 and a lost connection', [reset], { retry: { limit: 4, delay } }],
  [
    'methods that name all',
    [status(503), ok()],
    { retry: { methods: ['get', 'head', 'post', 'put', 'delete'], delay } },
  ],
  ['methods that name none', [status(503), ok()], { retry: { methods: [], delay } }],
  [
    'methods in capitals',
    [status(503), ok()],
    { retry: { methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'], delay } },
  ],
  ['status codes with the answer’s', [status(500), ok()], { retry: { statusCodes: [500], delay } }],
  ['status codes without the answer’s', [status(503), ok()], { retry: { statusCodes: [500], delay } }],
  ['status codes that are none', [status(503), ok()], { retry: { statusCodes: [], delay } }],
  ['a status code of a definite no', [status(418), ok()], { retry: { statusCodes: [418], delay } }],
  ['a status code of a conflict', [status(409), ok()], { retry: { statusCodes: [409], delay } }],
  [
    'afterStatusCodes without the answer’s',
    [status(503, { 'retry-after': '7' }), ok()],
    { retry: { afterStatusCodes: [429], delay } },
  ],
  [
    'afterStatusCodes with another',
    [status(500, { 'retry-after': '7' }), ok()],
    { retry: { afterStatusCodes: [500], delay } },
  ],
  ['a delay', [reset], { retry: { limit: 2, delay: (count: number) => count * 1_234 } }],
  ['a delay of 0', [status(503)], { retry: { limit: 2, delay: () => 0 } }],
  ['backoffLimit', [reset], { retry: { limit: 5, backoffLimit: 700 } }],
  ['backoffLimit and a delay', [reset], { retry: { limit: 2, delay: () => 5_000, backoffLimit: 1_500 } }],
  [
    'maxRetryAfter below what the server asks for',
    [status(503, { 'retry-after': '30' }), ok()],
    { retry: { maxRetryAfter: 2_000 } },
  ],
  [
    'maxRetryAfter above what the server asks for',
    [status(503, { 'retry-after': '3' }), ok()],
    { retry: { maxRetryAfter: 20_000 } },
  ],
  [
    'maxRetryAfter above a minute',
    [status(503, { 'retry-after': '90' }), ok()],
    { retry: { maxRetryAfter: 100_000 } },
  ],
  ['retryOnTimeout: true', [hang, ok()], { timeout: 3_000, retry: { retryOnTimeout: true, delay } }],
  ['retryOnTimeout: false', [hang, ok()], { timeout: 3_000, retry: { retryOnTimeout: false, delay } }],
  ['no retryOnTimeout', [hang, ok()], { timeout: 3_000, retry: { delay } }],
  ['throwHttpErrors: false', [status(503), ok()], { throwHttpErrors: false }],
  [
    'throwHttpErrors: false and a lost connection',
    [reset, ok()],
    { throwHttpErrors: false, retry: { delay } },
  ],
  ['throwHttpErrors: true', [status(503), ok()], { throwHttpErrors: true, retry: { delay } }],
]

const randoms: readonly (readonly [string, unknown])[] = [
  ['jitter: true', true],
  ['jitter: false', false],
  ['jitter as a function', (ms: number) => ms / 4],
  ['jitter that is no number', () => Number.NaN],
]

const says: readonly (readonly [string, () => unknown])[] = [
  ['true', () => true],
  ['false', () => false],
  ['undefined', () => undefined],
  ['something that is no boolean', () => 'yes'],
  ['a promise of true', async () => true],
  ['a promise of false', async () => false],
  ['true after a wait', () => new Promise((resolve) => setTimeout(() => resolve(true), 40))],
]

const asked: readonly (readonly [string, readonly Answer[], Options?])[] = [
  ['a 503', [status(503), ok()]],
  ['a 503 with Retry-After', [status(503, { 'retry-after': '2' }), ok()]],
  ['a lost connection', [reset, ok()]],
  ['a refused connection', [refused, ok()]],
  ['a timeout', [hang, ok()], { timeout: 2_000 }],
  ['a 404', [status(404), ok()]],
]

const codes = [400, 401, 404, 405, 408, 409, 412, 413, 422, 425, 429, 500, 501, 502, 503, 504, 505, 507]

/** What a server may say of the wait. The clock stands at 2026-11-28T12:00:00Z. */
const waits: readonly (readonly [string, Record<string, string>])[] = [
  ['Retry-After in seconds', { 'retry-after': '7' }],
  ['Retry-After of 0', { 'retry-after': '0' }],
  ['Retry-After as a date', { 'retry-after': 'Sat, 28 Nov 2026 12:00:09 GMT' }],
  ['Retry-After as a date in the past', { 'retry-after': 'Sat, 28 Nov 2026 11:00:00 GMT' }],
  ['Retry-After that is malformed', { 'retry-after': 'soon' }],
  ['Retry-After of 90 seconds', { 'retry-after': '90' }],
  ['RateLimit-Reset in seconds', { 'ratelimit-reset': '4' }],
  ['X-RateLimit-Retry-After', { 'x-ratelimit-retry-after': '5' }],
  ['X-RateLimit-Reset as a time', { 'x-ratelimit-reset': String(Date.UTC(2026, 10, 28, 12, 0, 6) / 1000) }],
  ['X-Rate-Limit-Reset', { 'x-rate-limit-reset': '3' }],
  ['Retry-After beside RateLimit-Reset', { 'retry-after': '2', 'ratelimit-reset': '50' }],
]

/** How a write differs. With 413, too, since ky waits after it where the server names a wait. */
const waitDifferences: Record<string, (code: number) => Difference> = {
  'Retry-After of 90 seconds': (code) => ({
    because: 'A wait above a minute ends a write, unless `maxRetryAfter` allows it.',
    expected: ({ sent }, one) => ({
      end: refusal(one, code, { 'retry-after': '90' }),
      sent: sent.slice(0, 1),
      times: ['0 sent', '0 end'],
    }),
  }),
  'Retry-After that is malformed': () => ({
    because: 'ky 1 waits for 24 days.',
    when: ky1,
    expected: () => ({ times: ['0 sent', '10 sent', '10 end'] }),
  }),
}

export const retryScenes: readonly Scene[] = [
  ...optionScenes.map(([name, script, options, more]): Scene => ({
    name: `retry: ${name}`,
    play: () => ({ script, options }),
    ...more,
  })),
  {
    name: 'retry: when delay and jitter are called',
    play: ({ watch }) => ({
      script: [reset, status(503), ok()],
      options: {
        retry: {
          delay: watch('delay', (count: number) => count * 300),
          jitter: watch('jitter', (ms: number) => ms / 2),
        },
      },
    }),
  },
  ...randoms.map(([name, jitter]): Scene => ({
    name: `retry: ${name}`,
    play: () => ({
      script: [reset],
      options: { retry: { limit: 2, jitter, delay: () => 800 } },
      random: 0.25,
    }),
  })),
  ...asked.flatMap(([after, script, more]) =>
    says.map(([said, answer]): Scene => ({
      name: `shouldRetry: ${said}, after ${after}`,
      play: ({ watch }) => ({
        script,
        options: { ...more, retry: { delay, shouldRetry: watch('shouldRetry', answer) } },
      }),
    })),
  ),
  ...asked.map(([after, script, more]): Scene => ({
    name: `shouldRetry: throws, after ${after}`,
    play: ({ watch, own }) => ({
      script,
      options: {
        ...more,
        retry: {
          delay,
          shouldRetry: watch('shouldRetry', () => {
            throw own('error', new Error('mine'))
          }),
        },
      },
    }),
  })),
  {
    name: 'shouldRetry: is asked each time, up to the limit',
    play: ({ watch }) => ({
      script: [status(404)],
      options: { retry: { limit: 3, delay, shouldRetry: watch('shouldRetry', () => true) } },
    }),
  },
  {
    name: 'throwHttpErrors: a function',
    play: ({ watch }) => ({
      script: [status(503), status(500), ok()],
      options: {
        throwHttpErrors: watch('throwHttpErrors', (code: number) => code === 503),
        retry: { delay },
      },
    }),
  },
  ...codes.map((code): Scene => ({
    name: `status: ${code}, then 200`,
    play: () => ({ script: [status(code), ok()], options: { retry: { delay } } }),
    ...(code === 425 && {
      differs: { because: 'With 425 a server says that it did not act.', expected: resent(0, 10) },
    }),
  })),
  ...[413, 429, 503].flatMap((code) =>
    waits.map(([name, headers]): Scene => {
      const differs = waitDifferences[name]?.(code)
      return {
        name: `waits: ${name}, with ${code}`,
        play: () => ({ script: [status(code, headers), ok()], options: { retry: { delay } } }),
        ...(differs && { differs }),
      }
    }),
  ),
  {
    name: 'waits: Retry-After as a date of a clock that is an hour ahead',
    play: () => ({
      script: [
        status(503, {
          date: 'Sat, 28 Nov 2026 13:00:00 GMT',
          'retry-after': 'Sat, 28 Nov 2026 13:00:05 GMT',
        }),
        ok(),
      ],
      options: { retry: { delay } },
    }),
    differs: {
      because: 'A date is measured against the `Date` of the answer.',
      expected: () => ({ times: ['0 sent', '5000 sent', '5000 end'] }),
    },
  },
  {
    name: 'waits: Retry-After with 500, which ky does not read',
    play: () => ({ script: [status(500, { 'retry-after': '7' }), ok()], options: { retry: { delay } } }),
  },
  {
    name: 'lost: a reset connection, then 200',
    play: () => ({ script: [reset, ok()], options: { retry: { delay } } }),
  },
  {
    name: 'lost: a refused connection, always',
    play: () => ({ script: [refused], options: { retry: { limit: 2, delay } } }),
  },
  {
    name: 'lost: a reset connection, then 503, then 404',
    play: () => ({ script: [reset, status(503), status(404)], options: { retry: { delay } } }),
  },
]
