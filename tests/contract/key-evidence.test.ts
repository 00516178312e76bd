import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findKeyEvidence,
  type EvidenceFacts,
  type KeyEvidence,
  type SeenAnswer,
} from '../../src/contract/key-evidence.js'

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
      { kind: 'other-id', before: 'o1', after: 'o2', field: 'id' },
    ],
    [
      'another id that is a number',
      seen('{"a":[{"id":9}],"id":17,'),
      seen('{"a":[{"id":9}],"id":18}'),
      {},
      { kind: 'other-id', before: '17', after: '18', field: 'id' },
    ],
    [
      'another id, though a replay may differ',
      seen('{"id":1,'),
      seen('{"id":2}'),
      { mayDiffer: true },
      { kind: 'other-id', before: '1', after: '2', field: 'id' },
    ],
    [
      'another id, though the status is another one',
      seen('{"id":1,', {}, 201),
      seen('{"id":2}', {}, 200),
      {},
      { kind: 'other-id', before: '1', after: '2', field: 'id' },
    ],
    [
      'another id behind a text that looks like one',
      seen('{"t":"\\"id\\":1,","id":2,'),
      seen('{"t":"\\"id\\":1,","id":3}'),
      {},
      { kind: 'other-id', before: '2', after: '3', field: 'id' },
    ],
    [
      'another id in an envelope',
      seen('{"data":{"order":{"id":"o1","items":[1,2'),
      seen('{"data":{"order":{"id":"o2","items":[1,2]}}}'),
      {},
      { kind: 'other-id', before: 'o1', after: 'o2', field: 'data.order.id' },
    ],
    [
      'another id in a list',
      seen('[{"id":1,"n":'),
      seen('[{"id":4,"n":0},{"id":5,"n":1}]'),
      {},
      { kind: 'other-id', before: '1', after: '4', field: '0.id' },
    ],
    [
      'another Location',
      seen(undefined, at('/o/1')),
      seen('', at('/o/2')),
      {},
      { kind: 'other-location', before: '/o/1', after: '/o/2' },
    ],
    [
      'another Location, of which no query is told',
      seen(undefined, at('https://a.test/o/1?sig=secret')),
      seen('', at('https://a.test/o/2?sig=secret')),
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
      'another number',
      seen('{"number":1,"na'),
      seen('{"number":2,"name":"x"}'),
      {},
      { kind: 'other-body', field: 'number' },
    ],
    [
      'another reference, of which nothing is told',
      seen('{"order":{"ref":"A-17x","na'),
      seen('{"order":{"ref":"A-18x","name":"é"}}'),
      {},
      { kind: 'other-body', field: 'order.ref' },
    ],
    ['another text', seen('order 1'), seen('order 2'), {}, { kind: 'other-body' }],
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
    ['a value that was cut', seen('{"number":1'), seen('{"number":17}'), {}],
    ['a text that was cut in a number', seen('order 1'), seen('order 17'), {}],
    [
      'the current state of the same thing',
      seen('{"state":"new","id":1,'),
      seen('{"state":"paid","id":1}'),
      {},
    ],
    [
      'the current state, where the id had not come',
      seen('{"state":"s1 a","n'),
      seen('{"state":"s2 b","n":1}'),
      {},
    ],
    [
      'the same thing in another version',
      seen('{"data":{"id":1,"count":1,'),
      seen('{"data":{"id":1,"count":2}}'),
      {},
    ],
    ['another order of fields', seen('{"number":7,"name":"x",'), seen('{"name":"x","number":7}'), {}],
    ['other blanks', seen('{"number":7,"list":[1,2,'), seen('{ "number": 7, "list": [1, 2, 3] }'), {}],
    ['a number that is written otherwise', seen('{"number":7,'), seen('{"number":"7"}'), {}],
    ['a wrapping', seen('{"id":"o1","na'), seen('{"cached":true,"data":{"id":"o1","name":"x"}}'), {}],
    ['a body that is none now', seen('{"number":1,'), seen('{}', {}, 201), {}],
    ['no body now', seen('{"number":1,'), seen('', {}, 201), {}],
    ['another status', seen('{"number":1,', {}, 201), seen('{"number":2}', {}, 200), {}],
    [
      'another request',
      seen('{"request_id":"r1","meta":{"id":"m1","requestId":"r1"},"data":{"n'),
      seen('{"request_id":"r2","meta":{"id":"m2","requestId":"r2"},"data":{"n":1}}'),
      {},
    ],
    [
      'other times',
      seen('{"at":1764322412,"created":1764322412345,"createdAt":7,"day":"2026-11-28T09:00:00Z","n'),
      seen('{"at":1764322413,"created":1764322413345,"createdAt":8,"day":"2026-11-28T09:00:01Z","n":1}'),
      {},
    ],
    ['a flag', seen('{"replayed":false,"n'), seen('{"replayed":true,"n":1}'), {}],
    ['a message', seen('{"message":"Order 7 made","n'), seen('{"message":"Order 7 was made","n":1}'), {}],
    ['a page', seen('<p>order 1</p>'), seen('<p>order 2</p>'), {}],
    ['a text with a time', seen('order at 12:01'), seen('order at 12:02'), {}],
    ['another text', seen('made 1'), seen('was made before'), {}],
    ['bytes that are no text', seen('\u0000\u0001{'), seen('\u0000\u0002{'), {}],
    ['the same Location with another body', seen('{"at":1', at('/o/1')), seen('{"at":2}', at('/o/1')), {}],
    [
      'the same Location at another host, signed again',
      seen('', at('https://a.test/o/1?sig=1')),
      seen('', at('/o/1?sig=2')),
      {},
    ],
    ['no mark on the same thing', seen('{"id":1,'), seen('{"id":1}'), { marksReplays: true }],
    [
      'no mark on the same beginning of one thing',
      seen('{"id":1,"n'),
      seen('{"id":1,"n":1}'),
      { marksReplays: true },
    ],
    ['no mark on another status', seen('', {}, 201), seen('', {}, 200), { marksReplays: true }],
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
    ['the id of a request', seen('{"request":{"id":1},'), seen('{"request":{"id":2},"id":2}'), {}],
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

  it('is never found in JSON that is written again, wherever the first answer was cut', () => {
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), tie('fields'), tie('list')),
      fields: fc.dictionary(fc.constantFrom('id', 'a', 'b', 'no'), tie('value'), { maxKeys: 4 }),
      list: fc.array(tie('value'), { maxLength: 3 }),
    })).fields
    const reversed = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(reversed)
        : typeof value === 'object' && value !== null
          ? Object.fromEntries(
              Object.entries(value)
                .map(([name, one]) => [name, reversed(one)])
                .toReversed(),
            )
          : value
    fc.assert(
      fc.property(tree, fc.nat(), fc.nat(4), (value, cut, indent) => {
        const text = JSON.stringify(value)
        const before = seen(text.slice(0, cut % (text.length + 1)))
        expect(find(before, seen(JSON.stringify(reversed(value), null, indent)))).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  it('is looked for in a long body in no time', () => {
    const start = performance.now()
    for (const text of [
      '"'.repeat(200_000),
      '{"id":'.repeat(30_000),
      '\\"'.repeat(100_000),
      '['.repeat(60_000),
    ])
      find(seen(text), seen(`${text}x`))
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})
