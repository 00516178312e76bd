import { after, ok, refused, reset, status } from './answers.js'
import { cutAfter, ownFailure } from './differences.js'
import type { Answer, Scene } from './scene.js'
import type { Log } from './log.js'

const delay = () => 100

class OwnError extends Error {
  override name = 'OwnError'
}

/** What a fetch of the user's own may throw that is no lost connection. */
const thrown: readonly (readonly [string, () => unknown])[] = [
  ['an error of its own', () => new OwnError('no session')],
  ['a plain error', () => new Error('mine')],
  ['a bug', () => new TypeError("Cannot read properties of undefined (reading 'id')")],
  ['a RangeError', () => new RangeError('out of range')],
  ['a string', () => 'mine'],
  ['an object', () => ({ code: 'MINE' })],
  ['an AbortError', () => new DOMException('mine', 'AbortError')],
  ['a TimeoutError', () => new DOMException('mine', 'TimeoutError')],
]

const throws =
  ({ own }: Log, error: unknown): Answer =>
  () => {
    throw own('error', error)
  }

/** By its name, ky takes it for its own. */
const isTimeout = (name: string) => name === 'a TimeoutError'

/** The error reaches the caller after the `count`-th request, also in ky 1, which retries any. */
const ends = (name: string, count: number): Partial<Scene> =>
  isTimeout(name) ? {} : { differs: { ...ownFailure, expected: cutAfter(count) } }

export const fetchScenes: readonly Scene[] = [
  ...thrown.flatMap(([name, make]): Scene[] => [
    {
      name: `fetch: throws ${name}`,
      play: (log) => ({ script: [throws(log, make())], options: { retry: { limit: 2, delay } } }),
      ...ends(name, 1),
    },
    {
      name: `fetch: throws ${name} after a 503`,
      play: (log) => ({
        script: [status(503), throws(log, make())],
        options: { retry: { limit: 2, delay } },
      }),
      ...ends(name, 2),
    },
    {
      name: `fetch: throws ${name}, and shouldRetry says nothing`,
      play: (log) => ({
        script: [throws(log, make())],
        options: { retry: { limit: 2, delay, shouldRetry: log.watch('shouldRetry') } },
      }),
      ...(isTimeout(name) ? {} : { differs: { ...ownFailure, expected: cutAfter(1, 1) } }),
    },
    {
      name: `fetch: throws ${name}, and shouldRetry says yes`,
      play: (log) => ({
        script: [throws(log, make()), ok()],
        options: { retry: { delay, shouldRetry: log.watch('shouldRetry', () => true) } },
      }),
    },
  ]),
  {
    name: 'fetch: throws at once',
    play: ({ own }) => ({
      script: [ok()],
      call: {
        fetch: () => {
          throw own('error', new OwnError('at once'))
        },
      },
      options: { retry: { delay } },
    }),
  },
  {
    name: 'fetch: one that is given with the call',
    play: ({ watch }) => {
      const answers = [status(503), ok()]
      const own = watch('own fetch', async (request: Request, _: object) => {
        await request.text()
        return answers.shift()
      })
      // The signal of an attempt is ours.
      const fetch = (request: Request, { signal: _, ...init }: RequestInit) => own(request, init)
      return { script: [ok()], call: { fetch }, options: { retry: { delay } } }
    },
  },
  {
    name: 'fetch: gives something that is no response',
    play: () => ({
      script: [() => ({ status: 200, ok: true })],
      options: { retry: { delay } },
      read: async (promise) => typeof (await promise),
    }),
  },
  {
    name: 'fetch: answers late',
    play: () => ({ script: [after(4_000, status(503)), after(2_000, ok())], options: { retry: { delay } } }),
  },
  {
    name: 'fetch: loses the connection, always',
    play: ({ own }) => ({
      script: [throws({ own } as Log, new TypeError('fetch failed', { cause: new Error('ECONNRESET') }))],
      options: { retry: { limit: 2, delay } },
    }),
  },
  {
    name: 'fetch: loses the connection in Chromium’s words',
    play: () => ({ script: [new TypeError('Failed to fetch'), ok()], options: { retry: { delay } } }),
  },
  {
    name: 'fetch: refused, reset, 503, 200',
    play: () => ({ script: [refused, reset, status(503), ok()], options: { retry: { delay, limit: 3 } } }),
  },
]
