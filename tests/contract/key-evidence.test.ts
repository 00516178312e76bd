import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findKeyEvidence,
  type EvidenceFacts,
  type KeyEvidence,
  type SeenAnswer,
} from '../../src/contract/key-evidence.js'
import { createOriginMemory } from '../../src/contract/origin-memory.js'

const encode = (text: string) => new TextEncoder().encode(text)

function seen(body: string | undefined, headers: Record<string, string> = {}, status = 201): SeenAnswer {
  return { status, headers: new Headers(headers), bytes: body === undefined ? undefined : encode(body) }
}

function find(
  earlier: SeenAnswer | readonly SeenAnswer[],
  answer: SeenAnswer,
  facts: Partial<EvidenceFacts> = {},
) {
  return findKeyEvidence({
    earlier: Array.isArray(earlier) ? earlier : [earlier as SeenAnswer],
    answer,
    replayed: false,
    marksReplays: false,
    mayDiffer: false,
    ...facts,
  })
}

const at = (location: string) => ({ location })

describe('findKeyEvidence', () => {
  it.each<[string, SeenAnswer, SeenAnswer, Partial<EvidenceFacts>, KeyEvidence]>([
    [
      'another id',
      seen('{"id":"o1","na'),
      seen('{"id":"o2","name":"x"}'),
      {},
      { kind: 'other-id', before: 'o1', after: 'o2' },
    ],
    [
      'another id that is a number',
      seen('{"a":[{"id":9}],"id":17,'),
      seen('{"a":[{"id":9}],"id":18}'),
      {},
      { kind: 'other-id', before: '17', after: '18' },
    ],
    [
      'another id, though a replay may differ',
      seen('{"id":1,'),
      seen('{"id":2}'),
      { mayDiffer: true },
      { kind: 'other-id', before: '1', after: '2' },
    ],
    [
      'another id behind a text that looks like one',
      seen('{"t":"\\"id\\":1,","id":2,'),
      seen('{"t":"\\"id\\":1,","id":3}'),
      {},
      { kind: 'other-id', before: '2', after: '3' },
    ],
    [
      'another Location',
      seen(undefined, at('/o/1')),
      seen('', at('/o/2')),
      {},
      { kind: 'other-location', before: '/o/1', after: '/o/2' },
    ],
    [
      'another Location before the same id',
      seen('{"id":1,', at('/o/1')),
      seen('{"id":1}', at('/o/2')),
      {},
      { kind: 'other-location', before: '/o/1', after: '/o/2' },
    ],
    [
      'another beginning',
      seen('{"number":1,"na'),
      seen('{"number":2,"name":"x"}'),
      {},
      { kind: 'other-body', offset: 10 },
    ],
    ['another text', seen('order 1'), seen('order 2'), {}, { kind: 'other-body', offset: 6 }],
    ['a shorter body', seen('{"number":1,'), seen('{}'), {}, { kind: 'other-body', offset: 1 }],
    [
      'another id at one end, where the other end was cut before it',
      seen('{"id":"o'),
      seen('{"id":"p1"}'),
      {},
      { kind: 'other-body', offset: 7 },
    ],
    [
      'no mark where the server marks',
      seen(undefined),
      seen('{}'),
      { marksReplays: true },
      { kind: 'no-marker' },
    ],
    [
      'no mark on the same beginning',
      seen('{"numb'),
      seen('{"number":1}'),
      { marksReplays: true },
      { kind: 'no-marker' },
    ],
  ])('is found in %s', (_, before, answer, facts, evidence) => {
    expect(find(before, answer, facts)).toEqual(evidence)
  })

  it.each<[string, SeenAnswer | readonly SeenAnswer[], SeenAnswer, Partial<EvidenceFacts>]>([
    ['the same beginning', seen('{"id":1,"na'), seen('{"id":1,"name":"x"}'), {}],
    ['the same body', seen('{"id":1}'), seen('{"id":1}'), {}],
    ['nothing of the body', seen(''), seen('{"id":1}'), {}],
    ['a body that was not read', seen(undefined), seen('{"id":1}'), {}],
    [
      'the current state of the same thing',
      seen('{"state":"new","id":1,'),
      seen('{"state":"paid","id":1}'),
      {},
    ],
    ['the same Location with another body', seen('{"at":1', at('/o/1')), seen('{"at":2}', at('/o/1')), {}],
    ['no mark on the same thing', seen('{"id":1,'), seen('{"id":1}'), { marksReplays: true }],
    ['a marked replay', seen('{"id":1,'), seen('{"id":2}'), { replayed: true }],
    [
      'another body where a replay may differ',
      seen('{"number":1,'),
      seen('{"number":2}'),
      { mayDiffer: true },
    ],
    ['no answer at all: the attempt may never have arrived', [], seen('{"id":2}'), { marksReplays: true }],
    ['a failure before', seen('{"id":1,', {}, 500), seen('{"id":2}'), { marksReplays: true }],
    ['a failure now', seen('{"id":1,'), seen('{"id":2}', {}, 409), { marksReplays: true }],
    ['an id inside another object', seen('{"data":{"id":1},'), seen('{"data":{"id":1},"id":2}'), {}],
  ])('is not found in %s', (_, before, answer, facts) => {
    expect(find(before, answer, facts)).toBeUndefined()
  })

  it('is found among several answers', () => {
    expect(find([seen('', {}, 503), seen('{"id":1,'), seen('{"id":2,')], seen('{"id":1}'))).toMatchObject({
      kind: 'other-id',
      before: '2',
    })
  })

  it('is never found in what begins with all that came', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (begin, rest) => {
        const before = { status: 200, headers: new Headers(), bytes: begin }
        const answer = { ...before, bytes: new Uint8Array([...begin, ...rest]) }
        expect(find(before, answer)).toBeUndefined()
      }),
    )
  })

  it('is looked for in a long body in no time', () => {
    const start = performance.now()
    for (const text of ['"'.repeat(200_000), '{"id":'.repeat(30_000), '\\"'.repeat(100_000)])
      find(seen(text), seen(`${text}x`))
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('createOriginMemory', () => {
  const proof: KeyEvidence = { kind: 'other-id', before: '1', after: '2' }

  it('knows nothing of a server at first', () => {
    const memory = createOriginMemory()
    expect([memory.marksReplays('https://a'), memory.findIgnored('https://a')]).toEqual([false, undefined])
  })

  it('keeps what was learnt of each server apart, and the first proof', () => {
    const memory = createOriginMemory()
    memory.noteMarker('https://a')
    memory.noteIgnored('https://b', proof)
    memory.noteIgnored('https://b', { kind: 'no-marker' })
    memory.noteMarker('https://b')
    expect([memory.marksReplays('https://a'), memory.findIgnored('https://a')]).toEqual([true, undefined])
    expect([memory.marksReplays('https://b'), memory.findIgnored('https://b')]).toEqual([true, proof])
  })

  it('forgets the server of which it has heard nothing for longest', () => {
    const memory = createOriginMemory(2)
    for (const origin of ['a', 'b', 'a', 'c']) memory.noteMarker(origin)
    expect(['a', 'b', 'c'].map((origin) => memory.marksReplays(origin))).toEqual([true, false, true])
  })
})
