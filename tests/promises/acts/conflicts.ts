import { defineContract } from 'fetch-idempotency/contracts'
import { startMs } from '../../fetch/fakes.js'
import type { Act, Scene } from '../scene.js'
import { answered, lost, made, madeBut, refused } from '../stage.js'

const own = { call: { key: 'job-42' }, key: 'job-42' } as const
const marked = { 'idempotent-replayed': 'true' }
const plain = defineContract({ classify: ({ status }) => (status === 422 ? 'key-reused' : undefined) })

const firstConflict = (name: string, body: string, headers: Record<string, string> = {}): Scene => ({
  name,
  server: [answered(409, headers, body), made],
  ...own,
  seen: { verdicts: ['running', 'done'], end: 201, outcome: 'applied' },
})

const refusal = (name: string, body: string): Scene => ({
  name,
  server: [answered(409, {}, body), made],
  ...own,
  seen: { verdicts: ['failed'], end: 409, outcome: 'unknown' },
})

export const conflicts: readonly Act[] = [
  {
    title: 'rule 3: a 409 has many meanings',
    scenes: [
      {
        name: 'on the first attempt with a generated key it cannot be about the key',
        server: [answered(409, { 'retry-after': '1' }, '{"code":"in_progress"}'), made],
        seen: { verdicts: ['failed'], end: 409, outcome: 'not-applied' },
      },
      {
        name: 'nor after attempts that did not run',
        server: [refused, answered(429), answered(409)],
        seen: { verdicts: ['not-sent', 'refused', 'failed'], end: 409, outcome: 'not-applied' },
      },
      {
        name: 'without a key it is a definite no, Retry-After or not',
        server: [answered(409, { 'retry-after': '1' })],
        options: { methods: [] },
        key: 'none',
        seen: { verdicts: ['failed'], end: 409, outcome: 'not-applied' },
      },
      {
        name: 'after a lost answer it may be our own first try: asked about, at no cost in attempts',
        server: [lost, ...Array.from({ length: 5 }, () => answered(409)), answered(503), made],
        options: { maxAttempts: 3 },
        seen: {
          verdicts: ['unknown', ...Array(5).fill('running'), 'unknown', 'done'],
          end: 201,
          outcome: 'applied',
        },
      },
      {
        name: 'after a 503 it may be our own first try, too',
        server: [madeBut(answered(503)), answered(409, { 'retry-after': '2' }), made],
        seen: {
          verdicts: ['unknown', 'running', 'done'],
          end: 201,
          outcome: 'applied',
          replayed: true,
          waits: [25, 2_000],
        },
      },
      {
        name: 'is not asked about where the server wants a longer wait than twelve seconds',
        server: [lost, answered(409, { 'retry-after': '50' })],
        seen: { verdicts: ['unknown', 'running'], end: 409, outcome: 'unknown', waits: [25] },
      },
      firstConflict('with a key of the caller’s it is running where it has Retry-After', '{}', {
        'retry-after': '1',
      }),
      firstConflict('where it has a known code', '{"code":"request_in_progress"}'),
      firstConflict('where its error has one', '{"error":{"code":"idempotency_key_in_use"}}'),
      refusal('is a no, of which nothing is known, where it says nothing', '{}'),
      refusal('where it says something else', '{"code":"already_exists"}'),
      refusal('where it is no JSON', 'conflict'),
    ],
  },
  {
    title: 'rule 16: a marker says "from the store", not "from our execution"',
    scenes: [
      {
        name: 'a marked 409 after a lost answer is asked about, and unknown',
        server: [madeBut(lost), answered(409, marked)],
        seen: {
          verdicts: ['unknown', ...Array(7).fill('running')],
          end: 409,
          outcome: 'unknown',
          made: 1,
          replayed: true,
        },
      },
      {
        name: 'a marked 409 after a lost answer gives way to the result',
        server: [madeBut(lost), answered(409, marked), made],
        seen: { verdicts: ['unknown', 'running', 'done'], end: 201, outcome: 'applied', replayed: true },
      },
      {
        name: 'a marked 429 after a lost answer is asked about, and unknown',
        server: [madeBut(lost), answered(429, marked)],
        seen: {
          verdicts: ['unknown', ...Array(7).fill('running')],
          end: 429,
          outcome: 'unknown',
          made: 1,
          replayed: true,
        },
      },
      {
        name: 'a marked 400 is a stored failure, which is not resent',
        server: [answered(400, marked)],
        seen: {
          verdicts: ['stored-failure'],
          end: 400,
          outcome: 'not-applied',
          replayed: true,
        },
      },
      {
        name: 'a marked 500 is one whose outcome is unknown: the first execution may have done half of it',
        server: [answered(500, marked)],
        seen: { verdicts: ['stored-failure'], end: 500, outcome: 'unknown', replayed: true },
      },
    ],
  },
  {
    title: 'rule 17: a given key speaks of earlier calls, too',
    scenes: [
      ...(
        [
          ['a 409', answered(409)],
          ['a 412', answered(412)],
          ['a 417', answered(417)],
          ['an empty 422', answered(422)],
          ['a 400 that speaks of the key', answered(400, {}, '{"error":"idempotency key mismatch"}')],
        ] as const
      ).map(([what, step]) => ({
        name: `${what} is unknown`,
        server: [step] as const,
        ...own,
        seen: { verdicts: ['failed'], end: step.status as number, outcome: 'unknown' } as const,
      })),
      ...[404, 410].map((status) => ({
        name: `a DELETE answered ${status} is unknown`,
        server: [answered(status)] as const,
        call: { method: 'DELETE', body: undefined, key: 'job-42' },
        key: 'job-42',
        seen: { verdicts: ['failed'], end: status, outcome: 'unknown' } as const,
      })),
      ...[400, 401, 403, 404].map((status) => ({
        name: `a ${status} that says nothing of the key is not applied`,
        server: [answered(status)] as const,
        ...own,
        seen: { verdicts: ['failed'], end: status, outcome: 'not-applied' } as const,
      })),
      {
        name: 'a key that names another payload is unknown, and not sent again',
        server: [answered(422)],
        ...own,
        options: { contract: plain },
        seen: { verdicts: ['key-reused'], end: 'key_reused', outcome: 'unknown' },
      },
      {
        name: 'firstSentAt says that there was an earlier call: a definite no is unknown',
        server: [answered(400)],
        call: { key: 'job-42', firstSentAt: startMs - 1_000 },
        key: 'job-42',
        seen: { verdicts: ['failed'], end: 400, outcome: 'unknown' },
      },
      {
        name: 'so is a connection that was refused',
        server: [refused],
        call: { key: 'job-42', firstSentAt: startMs - 1_000 },
        key: 'job-42',
        options: { maxAttempts: 2 },
        seen: { verdicts: ['not-sent', 'not-sent'], end: 'outcome_unknown', outcome: 'unknown' },
      },
    ],
  },
]
