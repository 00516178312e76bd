import { describe, expect, it } from 'vitest'
import { answerScenes } from './drop-in/answer-scenes.js'
import { bodyScenes } from './drop-in/body-scenes.js'
import { fetchScenes } from './drop-in/fetch-scenes.js'
import { hookScenes } from './drop-in/hook-scenes.js'
import { compare } from './drop-in/perform.js'
import { retryScenes } from './drop-in/retry-scenes.js'
import type { Case, Major, Method, Place, Scene } from './drop-in/scene.js'
import { timeScenes } from './drop-in/time-scenes.js'
import { majors, type Ky } from './harness.js'

const isGet = ({ method }: Case) => method === 'get'

/** Cases in which ours is not yet as it should be. An entry whose cases have come right fails, and has to go. */
const failing: readonly {
  readonly scenes: RegExp
  readonly when?: (one: Case) => boolean
  readonly because: string
}[] = [
  {
    scenes: /^retry: methods that name none$/,
    when: ({ method, place }) => method === 'get' && place === 'with the call',
    because: 'The methods of a read are longer than those of ky.',
  },
  {
    scenes: /^retry: status codes that are none$/,
    when: ({ place }) => place === 'with the call',
    because: 'An empty list leaves our status codes in place.',
  },
  {
    scenes: /^retry: maxRetryAfter above a minute$/,
    because: 'Our own limit ends the call before that of the user.',
  },
  {
    scenes:
      /^(?:retry: no retryOnTimeout|shouldRetry: (?:undefined|something that is no boolean), after a timeout|timeout: (?:a server|the default, and a server) that hangs)$/,
    when: isGet,
    because: 'A read is retried after a timeout.',
  },
  { scenes: /^throwHttpErrors: a function/, because: 'It is asked twice for each answer.' },
  { scenes: /^status: 425/, when: isGet, because: 'A read is retried on 425, which ky does not retry.' },
  {
    scenes: /^waits: Retry-After that is malformed/,
    when: ({ major }) => major === 1,
    because: 'It ends in a wait of a minute, which neither ky nor we ask for.',
  },
  {
    scenes: /^waits: Retry-After of 90 seconds, with (?:429|503)$/,
    when: isGet,
    because: 'Our limit of a minute ends a read for which ky waits.',
  },
  {
    scenes: /^waits: Retry-After of 90 seconds, with 413$/,
    because: 'ky waits for a minute, the limit that we give it, in place of 90 seconds or none.',
  },
  {
    scenes: /^waits: Retry-After as a date of a clock/,
    because: 'The wait is changed, and is not that of the clock of the answer.',
  },
  {
    scenes: /^timeout: above what a timer can hold$/,
    when: ({ major, method }) => major === 1 && method === 'get',
    because: 'What ky 1 throws before a read is sent is not retried, as ky retries it.',
  },
  {
    scenes: /^hooks: beforeRequest throws$/,
    when: ({ major, place }) => major === 1 && place === 'before ours',
    because: 'A hook that throws before ours has run ends the call, one that throws after it does not.',
  },
  {
    scenes: /^hooks: afterResponse gives a 503 for a 200$/,
    when: (one) => !isGet(one),
    because: 'A write that is done is not sent again for an answer that a hook has made.',
  },
  {
    scenes: /^hooks: afterResponse throws for a 503$/,
    when: (one) => one.major === 1 && !isGet(one),
    because: 'A write is sent again after a hook has thrown.',
  },
  {
    scenes: /^answer: an error whose body is (?:bad JSON|JSON that is cut)$|^definite: /,
    because: 'A definite status is lost with its body, and the request is sent again.',
  },
  {
    scenes: /^onDownloadProgress: \.(?:text|json)\(\)$/,
    when: (one) => !isGet(one),
    because: 'A write is told of one part only.',
  },
  {
    scenes: /^fetch: throws (?!at once)/,
    because: 'What a fetch of the user throws becomes a lost connection, and the request is sent again.',
  },
  {
    scenes: /^fetch: one that is given with the call$/,
    when: ({ major }) => major === 2,
    because: 'An option of ours reaches the fetch of the user.',
  },
  {
    scenes: /^fetch: gives something that is no response$/,
    because: 'Our own failure becomes a lost connection.',
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

function casesOf({ majors: given, methods: some }: Scene): Case[] {
  return [...instances.keys()]
    .filter((major) => given?.includes(major) ?? true)
    .flatMap((major) =>
      places.flatMap((place) =>
        methods
          .filter((method) => some?.includes(method) ?? true)
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
    const cases = scenes.filter(({ name }) => named.test(name)).flatMap(casesOf)
    expect(cases.filter((one) => when?.(one) ?? true)).not.toEqual([])
  })
})

describe('the scenes', () => {
  it('have names of their own', () => {
    expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length)
  })
})
