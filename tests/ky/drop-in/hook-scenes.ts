import { ok, readArguments, reset, status, type HookArguments } from './answers.js'
import { cutAfter, ownFailure } from './differences.js'
import type { Answer, Case, Difference, Options, Scene } from './scene.js'
import type { Log } from './log.js'
import type { Ky } from '../harness.js'

type Act = (args: HookArguments, tools: { readonly log: Log; readonly ky: Ky }) => unknown

const names = ['beforeRequest', 'beforeRetry', 'afterResponse', 'beforeError'] as const
type Name = (typeof names)[number]

const delay = () => 100
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Hooks that keep what they were given; the named one then does what it is told. */
function hooksOf(log: Log, one: Case, ky: Ky, acts: Partial<Record<Name, Act>>): Options {
  const asIs = (name: Name, args: readonly unknown[]) =>
    name === 'beforeError' && one.major === 1 ? args[0] : undefined
  const hook = (name: Name) =>
    log.watch(name, (...args: unknown[]) => {
      const act = acts[name]
      return act ? act(readArguments(one, name, args), { log, ky }) : asIs(name, args)
    })
  return { hooks: Object.fromEntries(names.map((name) => [name, [hook(name)]])) }
}

const fail: Act = (_, { log }) => {
  throw log.own('error', new Error('mine'))
}
const mark: Act = ({ request, retryCount }) => request.headers.set('x-mark', String(retryCount))
const give: Act = ({ request, retryCount }) =>
  new Request(request, { headers: { ...Object.fromEntries(request.headers), 'x-given': String(retryCount) } })
const answer: Act = () => Response.json({ from: 'hook' }, { status: 203 })
const refuse: Act = () => Response.json({ from: 'hook' }, { status: 418 })

/** `ky.retry` of the first answer only; the others are taken. */
const again =
  (options?: object | ((args: HookArguments) => object)): Act =>
  (args, { ky }) => {
    if (args.retryCount > 0) return undefined
    const given = typeof options === 'function' ? options(args) : options
    return (ky as unknown as { retry: (options?: object) => unknown }).retry(given)
  }

const scripts: readonly (readonly [string, readonly Answer[]])[] = [
  ['200', [ok()]],
  ['503, then 200', [status(503), ok()]],
  ['503, always', [status(503)]],
  ['404', [status(404)]],
  ['a reset, then 200', [reset, ok()]],
  ['a reset, always', [reset]],
]

const acts: readonly (readonly [string, readonly Answer[], Partial<Record<Name, Act>>, Options?])[] = [
  ['beforeRequest sets a header', [status(503), ok()], { beforeRequest: mark }],
  ['beforeRequest gives a request', [status(503), ok()], { beforeRequest: give }],
  ['beforeRequest gives a response', [ok()], { beforeRequest: answer }],
  ['beforeRequest gives a response that is refused', [ok()], { beforeRequest: refuse }],
  ['beforeRequest throws', [ok()], { beforeRequest: fail }],
  ['beforeRequest waits', [status(503), ok()], { beforeRequest: () => wait(250) }],
  ['beforeRetry sets a header', [status(503), reset, ok()], { beforeRetry: mark }],
  ['beforeRetry gives a request', [status(503), reset, ok()], { beforeRetry: give }],
  ['beforeRetry gives a response', [status(503), ok()], { beforeRetry: answer }],
  ['beforeRetry gives a response after a lost connection', [reset, ok()], { beforeRetry: answer }],
  ['beforeRetry gives a response that is refused', [status(503), ok()], { beforeRetry: refuse }],
  ['beforeRetry stops', [status(503), ok()], { beforeRetry: (_, { ky }) => ky.stop }],
  ['beforeRetry stops after a lost connection', [reset, ok()], { beforeRetry: (_, { ky }) => ky.stop }],
  ['beforeRetry throws', [status(503), ok()], { beforeRetry: fail }],
  ['beforeRetry throws after a lost connection', [reset, ok()], { beforeRetry: fail }],
  [
    'beforeRetry throws the error that it was given',
    [status(503), ok()],
    {
      beforeRetry: ({ error }) => {
        throw error
      },
    },
  ],
  ['beforeRetry waits', [status(503), ok()], { beforeRetry: () => wait(250) }],
  ['afterResponse gives a response', [ok()], { afterResponse: answer }],
  ['afterResponse gives a response for a 503', [status(503), ok()], { afterResponse: answer }],
  ['afterResponse gives a refusal for a 200', [ok()], { afterResponse: refuse }],
  [
    'afterResponse gives a 503 for a 200',
    [ok()],
    { afterResponse: ({ retryCount }) => (retryCount === 0 ? status(503) : undefined) },
  ],
  ['afterResponse gives its copy', [ok()], { afterResponse: ({ response }) => response }],
  [
    'afterResponse reads its copy',
    [status(503), ok()],
    { afterResponse: async ({ response }) => void (await response.text()) },
  ],
  [
    'afterResponse reads the body of its request',
    [ok()],
    { afterResponse: async ({ request }, { log }) => log.note(await request.clone().text()) },
  ],
  ['afterResponse throws', [ok()], { afterResponse: fail }],
  ['afterResponse throws for a 503', [status(503), ok()], { afterResponse: fail }],
  ['afterResponse waits', [status(503), ok()], { afterResponse: () => wait(250) }],
  [
    'afterResponse takes longer than an attempt may',
    [status(503), ok()],
    { afterResponse: () => wait(3_500) },
    { timeout: 3_000 },
  ],
  ['afterResponse asks for a retry', [ok(), ok({ id: 2 })], { afterResponse: again() }],
  [
    'afterResponse asks for a retry after a wait',
    [ok(), ok({ id: 2 })],
    { afterResponse: again({ delay: 1_700 }) },
  ],
  [
    'afterResponse asks for a retry, with a code',
    [ok(), ok({ id: 2 })],
    { afterResponse: again({ code: 'STALE' }) },
  ],
  [
    'afterResponse asks for a retry, with a cause',
    [ok(), ok({ id: 2 })],
    { afterResponse: again({ cause: new Error('stale') }) },
  ],
  [
    'afterResponse asks for a retry, without a limit left',
    [ok(), ok({ id: 2 })],
    { afterResponse: again() },
    { retry: { limit: 0 } },
  ],
  [
    'afterResponse asks for a retry with a fresh token',
    [status(401), ok()],
    {
      afterResponse: (args, tools) => {
        if (args.response.status !== 401) return undefined
        const headers = { ...Object.fromEntries(args.request.headers), authorization: 'Bearer fresh' }
        return again({ request: new Request(args.request, { headers }), code: 'TOKEN' })(args, tools)
      },
    },
  ],
  ['afterResponse asks for a retry of a 503', [status(503), ok()], { afterResponse: again() }],
  [
    'afterResponse asks for a retry after a lost connection',
    [reset, ok(), ok({ id: 2 })],
    { afterResponse: (args, tools) => again()({ ...args, retryCount: args.retryCount - 1 }, tools) },
  ],
  [
    'afterResponse asks for a retry, and beforeRetry gives a response',
    [ok()],
    { afterResponse: again(), beforeRetry: answer },
  ],
  [
    'afterResponse asks for a retry, then a 503, then 200',
    [ok(), status(503), ok({ id: 3 })],
    { afterResponse: again() },
  ],
  ['beforeError throws', [status(404)], { beforeError: fail }],
  [
    'beforeError gives another error',
    [status(404)],
    { beforeError: (_, { log }) => log.own('error', new Error('mine')) },
  ],
  [
    'beforeError changes the error',
    [status(404)],
    { beforeError: ({ error }) => Object.assign(error, { message: 'changed' }) },
  ],
  [
    'beforeError waits',
    [reset],
    {
      beforeError: async ({ error }) => {
        await wait(250)
        return error
      },
    },
  ],
]

/** The same request with another body. */
const change: Act = ({ request, retryCount }) =>
  new Request(request, { method: request.method, body: `{"changed":${retryCount}}` })
/** Another write in place of that one. */
const replace: Act = ({ request }) =>
  new Request(`${request.url}/1`, { method: 'PATCH', headers: request.headers, body: 'patch' })
const changes: readonly (readonly [string, readonly Answer[], Partial<Record<Name, Act>>])[] = [
  ['beforeRequest gives a request with another body', [status(503), ok()], { beforeRequest: change }],
  ['beforeRetry gives a request with another body', [status(503), reset, ok()], { beforeRetry: change }],
  ['beforeRetry gives a request with another method', [status(503), reset, ok()], { beforeRetry: replace }],
  [
    'afterResponse asks for a retry with another body',
    [ok(), status(503), ok({ id: 2 })],
    { afterResponse: (args, tools) => again({ request: change(args, tools) })(args, tools) },
  ],
  [
    'afterResponse asks for a retry with a request made anew',
    [status(401), ok()],
    {
      afterResponse: (args, tools) => {
        const { url, method } = args.request
        const headers = { 'content-type': 'text/x-own' }
        return again({ request: new Request(url, { method, headers, body: 'anew' }) })(args, tools)
      },
    },
  ],
]

const differences: Record<string, Difference> = {
  'afterResponse throws': { ...ownFailure, expected: cutAfter(1, 2) },
  'afterResponse throws for a 503': { ...ownFailure, expected: cutAfter(1, 2) },
}

export const hookScenes: readonly Scene[] = [
  ...scripts.map(([name, script]): Scene => ({
    name: `hooks: all, and ${name}`,
    play: (log, one, ky) => ({
      script,
      options: { retry: { limit: 2, delay }, ...hooksOf(log, one, ky, {}) },
    }),
  })),
  ...acts.map(([name, script, act, more]): Scene => ({
    name: `hooks: ${name}`,
    play: (log, one, ky) => ({
      script,
      options: { retry: { limit: 2, delay }, ...more, ...hooksOf(log, one, ky, act) },
    }),
    ...(differences[name] && { differs: differences[name] }),
  })),
  ...changes.map(([name, script, act]): Scene => ({
    name: `hooks: ${name}`,
    methods: ['post', 'put'],
    play: (log, one, ky) => ({
      script,
      options: { retry: { limit: 2, delay }, ...hooksOf(log, one, ky, act) },
    }),
  })),
  {
    name: 'hooks: two of each, in their order',
    play: ({ watch }, { major }) => {
      const two = (name: string, isError = false) =>
        [1, 2].map((at) =>
          watch(`${name} ${at}`, (first: unknown) => (isError && major === 1 ? first : undefined)),
        )
      return {
        script: [status(503), status(404)],
        options: {
          retry: { delay },
          hooks: {
            beforeRequest: two('beforeRequest'),
            beforeRetry: two('beforeRetry'),
            afterResponse: two('afterResponse'),
            beforeError: two('beforeError', true),
          },
        },
      }
    },
  },
  {
    name: 'hooks: the first beforeRequest gives a request, the second sees it',
    play: (log, one) => ({
      script: [status(503), ok()],
      options: {
        retry: { delay },
        hooks: {
          beforeRequest: [
            log.watch('first', (...args: unknown[]) =>
              give(readArguments(one, 'beforeRequest', args), { log } as never),
            ),
            log.watch('second'),
          ],
        },
      },
    }),
  },
  {
    name: 'hooks: context is one object for all of them',
    play: (log, one) => {
      const count = (name: Name) =>
        log.watch(name, (...args: unknown[]) => {
          const { options } = readArguments(one, name, args)
          options.context['seen'] = [...((options.context['seen'] as string[] | undefined) ?? []), name]
          log.note(String(options.context['seen']))
        })
      return {
        script: [status(503), ok()],
        call: { context: { job: 17 } },
        options: {
          retry: { delay },
          hooks: {
            beforeRequest: [count('beforeRequest')],
            beforeRetry: [count('beforeRetry')],
            afterResponse: [count('afterResponse')],
          },
        },
      }
    },
  },
  {
    name: 'hooks: init changes the options',
    majors: [2],
    play: ({ note }) => ({
      script: [status(503), ok()],
      options: {
        retry: { delay },
        hooks: {
          init: [
            (options: { headers?: unknown; searchParams?: unknown }) => {
              note('init')
              options.searchParams = { from: 'init' }
              options.headers = { 'x-init': '1' }
            },
          ],
        },
      },
    }),
  },
  {
    name: 'hooks: init changes what later hooks and options are',
    majors: [2],
    play: (log, one, ky) => ({
      script: [status(503), status(404)],
      options: {
        retry: { delay },
        hooks: {
          init: [
            (options: Record<string, unknown>) => {
              const { hooks } = hooksOf(log, one, ky, {}) as { hooks: object }
              Object.assign(options, {
                hooks: { ...(options['hooks'] as object), ...hooks },
                throwHttpErrors: log.watch('throwHttpErrors', () => true),
              })
            },
          ],
        },
      },
    }),
  },
]
