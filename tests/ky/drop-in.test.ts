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

interface Differing {
  readonly scenes: RegExp
  readonly when?: (one: Case) => boolean
  readonly because: string
}

/** Cases that differ, which `docs/ky.md` names. An entry whose cases have come right fails, and has to go. */
const differing: readonly Differing[] = [
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
    scenes: /^waits: Retry-After with 500/,
    when: isWrite,
    because: 'A write waits as the server asks, after every status, unless `afterStatusCodes` is set.',
  },
  { scenes: /^status: 507/, when: isWrite, because: 'A 507 is resent, which ky does not retry.' },
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
    scenes: /^hooks: (?:two of each|the first beforeRequest gives|context is one object)/,
    when: ({ major, place }) => major === 1 && place === 'before ours',
    because:
      'In ky 1, a `beforeRequest` that stands before ours is shown a limit that nobody has set as an object.',
  },
  { scenes: /^fetch: gives something that is no response$/, when: isWrite, because: 'It is refused.' },
  {
    scenes: /^hooks: beforeRequest throws$/,
    when: isWriteOf(1),
    because: 'What a hook throws ends a write, which ky 1 tries again.',
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
    when: ({ major }) => major === 1,
    because: 'ky 1 tells of it while the body is read, which is before the write is sent.',
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
        // A short run plays what is given with the call.
        !isAll && place !== 'with the call'
          ? []
          : methods
              .filter((method) => some?.includes(method) ?? true)
              // Writes are alike: a short run plays one of them.
              .filter((method) => isAll || method === 'get' || method === 'post')
              // What stands on an instance is the same for all methods.
              .filter((method) => place === 'with the call' || method === 'get' || method === 'post')
              .map((method) => ({ major, method, place })),
      ),
    )
}

const findDiffering = ({ name }: Scene, one: Case) =>
  differing.find(({ scenes: named, when }) => named.test(name) && (when?.(one) ?? true))

describe.each(scenes.map((scene) => [scene.name, scene] as const))('%s', (_, scene) => {
  // On Node 26, plain ky now and then misses an abort before a retry: its signal follows the caller's, and is collected.
  const retry = scene.name.startsWith('signal:') ? 2 : 0
  it.each(casesOf(scene))('ky $major, $method, options $place', { retry }, async (one) => {
    const found = await compare(scene, one, instances.get(one.major)!)
    const known = findDiffering(scene, one)
    if (known === undefined) expect(found, found.join('\n')).toEqual([])
    else expect(found, `take it from the list: ${known.because}`).not.toEqual([])
  })
})

describe('the list of what differs', () => {
  it.each(differing)('$scenes names cases that are played', ({ scenes: named, when }) => {
    const cases = scenes.filter(({ name }) => named.test(name)).flatMap((scene) => casesOf(scene, true))
    expect(cases.filter((one) => when?.(one) ?? true)).not.toEqual([])
  })
})

describe('the scenes', () => {
  it('have names of their own', () => {
    expect(new Set(scenes.map(({ name }) => name)).size).toBe(scenes.length)
  })
})
