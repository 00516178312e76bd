import { defineContract, duplicateConflict } from 'fetch-idempotency/contracts'
import { startMs } from '../../fetch/fakes.js'
import type { Act, Scene } from '../scene.js'
import { answered, cut, lost, made, madeBut, refused } from '../stage.js'

const telling = defineContract({
  classify: ({ status }) =>
    status === 409 ? { verdict: 'running', namesKey: true } : status === 422 ? 'key-reused' : undefined,
})
const bothKys = (why: string) => ({ 'ky 1': why, 'ky 2': why })
const keyless = { options: { methods: [] }, key: 'none' } as const
const own = { call: { key: 'job-42' }, key: 'job-42' } as const

/** A `fetch` sends by itself what a 421 answers, once, as the fetch standard says: each attempt takes two of them. */
const byFetch = { verdicts: ['refused', 'done'], arrived: 4 }
const misdirected: Scene = {
  row: '429, 425, 421, 408',
  name: 'a 421 is resent',
  server: [answered(421), answered(421), answered(421), made],
  seen: { verdicts: ['refused', 'refused', 'refused', 'done'], end: 201, outcome: 'applied' },
  differs: { fetch: byFetch, 'ky 1': byFetch, 'ky 2': byFetch },
}

/** The table of docs/outcomes.md: with a key that the server honours, and without one. */
export const outcomes: readonly Act[] = [
  {
    title: 'the table of outcomes, with a key',
    scenes: [
      {
        row: 'connection refused, no such host',
        name: 'a refused connection is resent',
        server: [refused, refused, made],
        seen: { verdicts: ['not-sent', 'not-sent', 'done'], end: 201, outcome: 'applied', waits: [25, 50] },
      },
      ...[429, 425, 408].map((status) => ({
        row: '429, 425, 421, 408',
        name: `a ${status} is resent`,
        server: [answered(status), made] as const,
        seen: { verdicts: ['refused', 'done'], end: 201, outcome: 'applied', waits: [25] } as const,
      })),
      misdirected,
      {
        row: '429, 425, 421, 408',
        name: 'a 429 is waited for as told',
        server: [answered(429, { 'retry-after': '7' }), made],
        seen: { verdicts: ['refused', 'done'], end: 201, outcome: 'applied', waits: [7_000] },
      },
      ...(
        [
          ['a reset before anything is done', lost, false],
          ['a reset after it is done', madeBut(lost), true],
          ['an answer cut in its body', madeBut(cut(201)), true],
          ['an error cut in its body', cut(500), false],
          ...[500, 502, 503, 504, 507, 520].map(
            (status) => [`a ${status}`, answered(status), false] as const,
          ),
          ...[500, 502, 503, 504].map(
            (status) => [`a ${status} after it is done`, madeBut(answered(status)), true] as const,
          ),
        ] as const
      ).map(([what, step, replayed]) => ({
        row: 'reset, timeout, answer cut in its headers or body, 5xx but 501 and 505',
        name: `${what} is resent under the same key`,
        server: [step, made] as const,
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied', replayed } as const,
      })),
      {
        row: '409 by which the contract says that the first request still runs',
        name: 'is asked again',
        server: [lost, answered(409, { 'retry-after': '2' }), answered(409, { 'retry-after': '3' }), made],
        seen: {
          verdicts: ['unknown', 'running', 'running', 'done'],
          end: 201,
          outcome: 'applied',
          waits: [25, 2_000, 3_000],
        },
      },
      {
        row: '409 by which the contract says that the first request still runs',
        name: 'is asked again for a minute where the contract reads it',
        server: [answered(409)],
        options: { contract: telling, backoff: () => 9_000 },
        seen: {
          verdicts: Array(7).fill('running'),
          end: 409,
          outcome: 'unknown',
          waits: Array(6).fill(9_000),
        },
      },
      {
        row: '409 after an attempt that may have run, which says nothing else',
        name: 'is asked about every 2 s for 12 s',
        server: [lost, answered(409)],
        seen: {
          verdicts: ['unknown', ...Array(7).fill('running')],
          end: 409,
          outcome: 'unknown',
          waits: [25, ...Array(6).fill(2_000)],
        },
      },
      {
        row: '409 after an attempt that may have run, which says nothing else',
        name: 'is looked up in the end',
        server: [madeBut(lost), answered(409)],
        options: { reconcile: () => ({ status: 200, body: 'found' }) },
        seen: {
          verdicts: ['unknown', ...Array(7).fill('running')],
          end: 200,
          outcome: 'applied',
        },
      },
      {
        row: 'a first 409 with a key of yours',
        name: 'is returned as unknown',
        server: [answered(409)],
        ...own,
        seen: { verdicts: ['failed'], end: 409, outcome: 'unknown' },
      },
      {
        row: 'a first 409 with a key of yours',
        name: 'is asked about first where it speaks of "in progress"',
        server: [answered(409, {}, '{"error":{"code":"idempotency_key_in_use"}}'), made],
        ...own,
        seen: { verdicts: ['running', 'done'], end: 201, outcome: 'applied' },
      },
      {
        row: 'a success, or its replay',
        name: 'a success is applied',
        server: [made],
        seen: { verdicts: ['done'], end: 201, outcome: 'applied', waits: [] },
      },
      {
        row: 'a success, or its replay',
        name: 'a replay is applied, and says so',
        server: [madeBut(lost), made],
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied', replayed: true },
      },
      ...[404, 410].map((status) => ({
        row: 'DELETE answered 404 or 410 after a lost attempt',
        name: `${status} is applied`,
        server: [madeBut(lost), answered(status)] as const,
        call: { method: 'DELETE', body: undefined },
        key: 'none',
        seen: { verdicts: ['unknown', 'done'], end: status, outcome: 'applied' } as const,
      })),
      ...[400, 401, 403, 404, 405, 410, 413, 415, 418, 422, 501, 505].flatMap((status) => [
        {
          row: 'any other 4xx, 501, 505',
          name: `${status} at first is not applied`,
          server: [answered(status)] as const,
          seen: { verdicts: ['failed'], end: status, outcome: 'not-applied' } as const,
        },
        {
          row: 'any other 4xx, 501, 505',
          name: `${status} once an attempt may have run is unknown`,
          server: [madeBut(lost), answered(status)] as const,
          seen: { verdicts: ['unknown', 'failed'], end: status, outcome: 'unknown', made: 1 } as const,
        },
      ]),
      {
        row: '3xx that is not followed',
        name: 'is unknown',
        server: [madeBut(answered(303, { location: '/next' }))],
        call: { redirect: 'manual' },
        seen: { verdicts: ['failed'], end: 303, outcome: 'unknown', made: 1 },
      },
      {
        row: 'attempts used up on an answer',
        name: 'gives that response',
        server: [lost, answered(503), lost, answered(502)],
        options: { maxAttempts: 4 },
        seen: {
          verdicts: Array(4).fill('unknown'),
          end: 502,
          outcome: 'unknown',
          waits: [25, 50, 100],
        },
      },
      {
        row: 'attempts used up on a lost answer',
        name: 'is OutcomeUnknownError, or the lost connection of ky',
        server: [answered(503), lost],
        options: { maxAttempts: 3 },
        seen: { verdicts: Array(3).fill('unknown'), end: 'outcome_unknown', outcome: 'unknown' },
      },
      {
        row: 'no attempt reached a server',
        name: 'is NotAppliedError, or the lost connection of ky',
        server: [refused],
        options: { maxAttempts: 3 },
        seen: { verdicts: Array(3).fill('not-sent'), end: 'not_applied', outcome: 'not-applied' },
      },
      {
        row: 'a URL, header, certificate or used body that cannot be sent',
        name: 'a certificate that nobody trusts ends it at once',
        server: [made],
        secure: true,
        seen: { verdicts: ['unsendable'], end: 'unsendable', outcome: 'not-applied', waits: [] },
      },
      {
        row: "the deadline, a `Retry-After` above the limit, an empty budget with `'stop'`",
        name: 'the deadline gives the last answer',
        server: [answered(503, { 'retry-after': '20' })],
        options: { deadlineMs: 50_000 },
        seen: { verdicts: Array(3).fill('unknown'), end: 503, outcome: 'unknown', waits: [20_000, 20_000] },
      },
      {
        row: "the deadline, a `Retry-After` above the limit, an empty budget with `'stop'`",
        name: 'the deadline without an answer is DeadlineError',
        server: [{ ...lost, takesMs: 40_000 }],
        options: { deadlineMs: 50_000, backoff: () => 20_000 },
        seen: { verdicts: ['unknown'], end: 'deadline_exceeded', outcome: 'unknown' },
      },
      {
        row: "the deadline, a `Retry-After` above the limit, an empty budget with `'stop'`",
        name: 'the deadline without a server is DeadlineError, and nothing was applied',
        server: [refused],
        options: { deadlineMs: 50_000, backoff: () => 20_000 },
        seen: {
          verdicts: Array(3).fill('not-sent'),
          end: 'deadline_exceeded',
          outcome: 'not-applied',
          waits: [20_000, 20_000],
        },
      },
      {
        row: "the deadline, a `Retry-After` above the limit, an empty budget with `'stop'`",
        name: 'a Retry-After above the limit gives its answer',
        server: [answered(429, { 'retry-after': '61' })],
        seen: { verdicts: ['refused'], end: 429, outcome: 'not-applied', waits: [] },
      },
      {
        row: "the deadline, a `Retry-After` above the limit, an empty budget with `'stop'`",
        name: 'an empty budget gives the last answer',
        server: [answered(503)],
        options: { budget: { capacity: 14 }, whenBudgetIsEmpty: 'stop' },
        seen: { verdicts: ['unknown', 'unknown'], end: 503, outcome: 'unknown', waits: [25] },
      },
      {
        row: 'the key names another payload',
        name: 'is KeyReusedError',
        server: [answered(422)],
        ...own,
        options: { contract: telling },
        seen: { verdicts: ['key-reused'], end: 'key_reused', outcome: 'unknown', made: 0 },
      },
      {
        row: '"this was done before", as an error',
        name: 'is AlreadyDoneError',
        server: [madeBut(lost), answered(409)],
        options: { contract: duplicateConflict },
        seen: {
          verdicts: ['unknown', 'already-done'],
          end: 'already_done',
          outcome: 'applied',
          replayed: true,
        },
      },
      {
        row: '"this was done before", as an error',
        name: 'is the original by resolve',
        server: [madeBut(lost), answered(409)],
        options: { contract: duplicateConflict, resolve: () => ({ status: 200, body: 'original' }) },
        seen: { verdicts: ['unknown', 'already-done'], end: 200, outcome: 'applied', replayed: true },
      },
    ],
  },
  {
    title: 'the table of outcomes, before anything is sent',
    scenes: [
      ...['', 'ключ', 'a\nb', 'a\rb', ' a', 'a ', 'k'.repeat(256)].map((key) => ({
        row: 'the contract or HTTP does not allow the key',
        name: `${JSON.stringify(key.slice(0, 9))} is KeyInvalidError`,
        server: [made] as const,
        call: { key },
        key: 'none',
        seen: { verdicts: [], end: 'key_invalid', outcome: 'not-applied' } as const,
      })),
      ...[42, null, ['a']].map((key) => ({
        row: 'the contract or HTTP does not allow the key',
        name: `${JSON.stringify(key)} is no key: KeyInvalidError`,
        server: [made] as const,
        call: { key: key as unknown as string },
        key: 'none',
        seen: { verdicts: [], end: 'key_invalid', outcome: 'not-applied' } as const,
      })),
      {
        row: 'the key is older than the server keeps it',
        name: 'is KeyExpiredError',
        server: [made],
        call: { key: 'old', firstSentAt: startMs - 25 * 3_600_000 },
        key: 'old',
        seen: { verdicts: [], end: 'key_expired', outcome: 'unknown', made: 0 },
      },
    ],
  },
  {
    title: 'the table of outcomes, without a key',
    scenes: [
      {
        row: 'connection refused, no such host',
        name: 'a refused connection is resent',
        server: [refused, made],
        ...keyless,
        seen: { verdicts: ['not-sent', 'done'], end: 201, outcome: 'applied' },
      },
      ...[429, 425, 408].map((status) => ({
        row: '429, 425, 421, 408',
        name: `a ${status} is resent`,
        server: [answered(status), made] as const,
        ...keyless,
        seen: { verdicts: ['refused', 'done'], end: 201, outcome: 'applied' } as const,
      })),
      { ...misdirected, ...keyless },
      {
        row: 'reset, timeout, answer cut in its headers or body, 5xx but 501 and 505',
        name: 'a reset is not resent',
        server: [madeBut(lost)],
        ...keyless,
        seen: { verdicts: ['unknown'], end: 'outcome_unknown', outcome: 'unknown', made: 1 },
      },
      {
        row: 'reset, timeout, answer cut in its headers or body, 5xx but 501 and 505',
        name: 'an answer cut in its body is not resent',
        server: [madeBut(cut(201))],
        ...keyless,
        seen: { verdicts: ['unknown'], end: 'outcome_unknown', outcome: 'unknown', made: 1 },
      },
      ...[500, 502, 503, 504].map((status) => ({
        row: 'reset, timeout, answer cut in its headers or body, 5xx but 501 and 505',
        name: `a ${status} is not resent`,
        server: [madeBut(answered(status))] as const,
        ...keyless,
        seen: { verdicts: ['unknown'], end: status, outcome: 'unknown', made: 1 } as const,
      })),
      {
        row: '409 by which the contract says that the first request still runs',
        name: 'is returned',
        server: [answered(409, { 'retry-after': '1' })],
        ...keyless,
        seen: { verdicts: ['failed'], end: 409, outcome: 'not-applied' },
      },
      {
        row: 'a success, or its replay',
        name: 'a success is applied',
        server: [made],
        ...keyless,
        seen: { verdicts: ['done'], end: 201, outcome: 'applied' },
      },
      {
        row: 'any other 4xx, 501, 505',
        name: 'is not applied',
        server: [answered(400)],
        ...keyless,
        seen: { verdicts: ['failed'], end: 400, outcome: 'not-applied' },
      },
      {
        row: 'no attempt reached a server',
        name: 'is NotAppliedError, or the lost connection of ky',
        server: [refused],
        ...keyless,
        options: { methods: [], maxAttempts: 2 },
        seen: { verdicts: ['not-sent', 'not-sent'], end: 'not_applied', outcome: 'not-applied' },
      },
    ],
  },
  {
    title: 'reads need no key',
    scenes: ['GET', 'HEAD', 'OPTIONS'].map((method) => ({
      name: `${method} is resent after a lost answer and a 503`,
      server: [lost, answered(503), answered(200)] as const,
      call: { method, body: undefined },
      key: 'none',
      seen: {
        verdicts: ['unknown', 'unknown', 'done'],
        end: 200,
        outcome: 'applied',
        made: 0,
      } as const,
      cannot: bothKys('Reads are ky’s own alone.'),
    })),
  },
]
