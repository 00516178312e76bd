import { describe, expect, it } from 'vitest'
import { answerScenes } from './drop-in/answer-scenes.js'
import { bodyScenes } from './drop-in/body-scenes.js'
import { fetchScenes } from './drop-in/fetch-scenes.js'
import { hookScenes } from './drop-in/hook-scenes.js'
import { compare } from './drop-in/perform.js'
import { retryScenes } from './drop-in/retry-scenes.js'
import type { Case, Major, Method, Place, Scene } from './drop-in/scene.js'
import { timeScenes } from './drop-in/time-scenes.js'
import { isWhole } from '../whole.js'
import { majors, type Ky } from './harness.js'

const isGet = ({ method }: Case) => method === 'get'

const isWrite = (one: Case) => !isGet(one)
const isWriteOf =
  (major: Major) =>
  (one: Case): boolean =>
    isWrite(one) && one.major === major

interface Failing {
  readonly scenes: RegExp
  readonly when?: (one: Case) => boolean
  readonly because: string
}

/** Cases in which ours is not yet as it should be. An entry whose cases have come right fails, and has to go. */
const failing: readonly Failing[] = [
  {
    scenes: /^timeout: above what a timer can hold$/,
    when: (one) => isWriteOf(1)(one) && one.method !== 'post',
    because: 'ky 1 tries again what it throws itself, before anything is sent.',
  },
  {
    scenes: /^retry: (?:no options at all|a limit as a number)$/,
    when: isWrite,
    because: 'Waits and attempts are ours.',
  },
  {
    scenes: /^retry: afterStatusCodes without|^waits: Retry-After with 500/,
    when: isWrite,
    because: 'A write waits as the server asks, whatever `afterStatusCodes` says.',
  },
  {
    scenes: /^shouldRetry: (?:true|a promise of true|true after a wait), after a 503 with Retry-After$/,
    when: isWrite,
    because: 'A write waits as the server asks, though `shouldRetry` says yes.',
  },
  { scenes: /^status: 507/, when: isWrite, because: 'A 507 is resent, which ky does not retry.' },
  {
    scenes:
      /^waits: (?:RateLimit-Reset in|X-RateLimit-Retry-After|X-RateLimit-Reset as|X-Rate-Limit-Reset).*, with 413$/,
    when: isWrite,
    because: 'After a 413, only `Retry-After` is read.',
  },
  {
    scenes: /^waits: Retry-After (?:of 0|as a date in the past), with/,
    when: isWrite,
    because: 'A write waits its backoff, where the server asks for no wait.',
  },
  {
    scenes: /^totalTimeout: (?:between two attempts|a wait that is longer)$/,
    when: isWrite,
    because: 'A wait that would pass the deadline is not begun.',
  },
  {
    scenes:
      /^signal: aborts in a hook$|^hooks: (?:two of each|the first beforeRequest gives|context is one object)/,
    when: ({ major }) => major === 1,
    because: 'Hooks are shown a limit of 2.5.',
  },
  {
    scenes: /^retry: maxRetryAfter above a minute$/,
    when: isWrite,
    because: 'A minute is the most that is waited for.',
  },
  {
    scenes: /^throwHttpErrors: a function$/,
    when: isWrite,
    because: 'It is asked twice for the last answer.',
  },
  {
    scenes:
      /^fetch: throws (?!an? (?:Abort|Timeout)Error, and shouldRetry says yes).*, and shouldRetry says (?:nothing|yes)$/,
    when: isWrite,
    because: '`shouldRetry` is not asked about what a fetch of the user throws.',
  },
  {
    scenes: /^fetch: throws an? (?:Abort|Timeout)Error, and shouldRetry says yes$/,
    when: isWriteOf(2),
    because: '`shouldRetry` is shown an error of ky.',
  },
  {
    scenes: /^fetch: throws an? (?:Abort|Timeout)Error(?: after a 503)?$/,
    when: isWrite,
    because: 'It becomes a lost connection, or an error of ky.',
  },
  { scenes: /^fetch: gives something that is no response$/, when: isWrite, because: 'It is refused.' },
  {
    scenes: /^hooks: all, and 503, always$/,
    when: isWriteOf(1),
    because: '`beforeError` is told that nothing has been retried.',
  },
  {
    scenes: /^hooks: (?:all, and 503, always|all, and a reset, always|beforeError waits|two of each)/,
    when: isWriteOf(2),
    because: '`beforeError` is told that nothing has been retried.',
  },
  {
    scenes: /^hooks: beforeRequest gives a request$/,
    when: ({ major, method, place }) => major === 1 && method === 'post' && place === 'before ours',
    because: 'Hooks are shown an option `hooks`.',
  },
  {
    scenes: /^hooks: beforeRequest throws$/,
    when: isWriteOf(1),
    because: 'What a hook throws ends a write, which ky 1 tries again.',
  },
  {
    scenes: /^hooks: beforeRetry gives a response/,
    when: isWriteOf(2),
    because: '`afterResponse` does not see what `beforeRetry` gives.',
  },
  {
    scenes: /^hooks: beforeRetry throws the error that it was given$/,
    when: isWriteOf(2),
    because: '`beforeError` is not called.',
  },
  {
    scenes: /^hooks: beforeError (?:throws|gives another error)$/,
    when: isWriteOf(1),
    because: 'What a hook throws ends a write, which ky 1 sends again.',
  },
  {
    scenes: /^hooks: afterResponse gives a 503 for a 200$/,
    when: isWrite,
    because: 'A write that is done is not sent again for an answer that a hook has made.',
  },
  { scenes: /^body: a stream that breaks$/, because: 'It is read before the write is sent.' },
  {
    scenes: /^onUploadProgress: (?!no )/,
    because: 'ky 1 tells of it before the write is sent, ky 2 of the first attempt alone.',
  },
  {
    scenes: /^fetch: one that is given with the call$/,
    when: ({ major }) => major === 2,
    because: 'An option of ours reaches the fetch of the user.',
  },
]

const scenes: readonly Scene[] = [
  ...retryScenes,
  ...timeScenes,
  ...hookScenes,
  ...bodyScenes,
  ...answerScenes,
  ...fetchScenes,
]
const methods: readonly Method[] = ['get', 'post', 'put', 'delete']
const places: readonly Place[] = ['with the call', 'before ours']
const instances = new Map<Major, Ky>(majors.map(([, ky], at) => [(at + 1) as Major, ky]))

function casesOf({ majors: given, methods: some }: Scene, isAll = isWhole): Case[] {
  return [...instances.keys()]
    .filter((major) => given?.includes(major) ?? true)
    .flatMap((major) =>
      places.flatMap((place) =>
        methods
          .filter((method) => some?.includes(method) ?? true)
          // Writes are alike: a short run plays one of them.
          .filter((method) => isAll || method === 'get' || method === 'post')
          // What stands on an instance is the same for all methods.
          .filter((method) => place === 'with the call' || method === 'get' || method === 'post')
          .map((method) => ({ major, method, place })),
      ),
    )
}

const findFailing = ({ name }: Scene, one: Case) =>
  failing.find(({ scenes: named, when }) => named.test(name) && (when?.(one) ?? true))

describe.each(scenes.map((scene) => [scene.name, scene] as const))('%s', (_, scene) => {
  it.each(casesOf(scene))('ky $major, $method, options $place', async (one) => {
    const found = await compare(scene, one, instances.get(one.major)!)
    const known = findFailing(scene, one)
    if (known === undefined) expect(found, found.join('\n')).toEqual([])
    else expect(found, `take it from the list of failing cases: ${known.because}`).not.toEqual([])
  })
})

describe('the list of failing cases', () => {
  it.each(failing)('$scenes names cases that are played', ({ scenes: named, when }) => {
    const cases = scenes.filter(({ name }) => named.test(name)).flatMap((scene) => casesOf(scene, true))
    expect(cases.filter((one) => when?.(one) ?? true)).not.toEqual([])
  })
})

describe('the scenes', () => {
  it('have names of their own', () => {
    expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length)
  })
})
