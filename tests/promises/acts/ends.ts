import { defineContract } from 'fetch-idempotency/contracts'
import type { Act, Scene } from '../scene.js'
import { answered, cut, lost, made, madeBut, refused } from '../stage.js'

const leavesOpen = defineContract({
  classify: ({ status }) =>
    status === 424 ? { verdict: 'failed', outcome: 'unknown', resend: true } : undefined,
})
const ignoring = defineContract({ honoursKey: () => false })
const wrong = defineContract({
  classify: () => {
    throw new Error('a bug in the contract')
  },
})
const remove = { call: { method: 'DELETE', body: undefined }, key: 'none' } as const

/** A failure of ours is met after an answer that tells an outcome: the write is not sent again. */
const afterAnswer = (status: number, outcome: 'applied' | 'not-applied' | 'unknown'): Scene => ({
  name: `what aroundAttempt throws after a ${status} ends it as ${outcome}`,
  server: [status < 300 ? made : answered(status)],
  options: {
    aroundAttempt: async (_, next) => {
      await next()
      throw new RangeError('ours')
    },
  },
  seen: {
    verdicts: [status < 300 ? 'done' : status < 500 ? 'failed' : 'unknown'],
    end: 'RangeError',
    outcome,
  },
})

export const ends: readonly Act[] = [
  {
    title: 'rule 4: after a lost attempt, "gone" may be our own success',
    scenes: [
      ...[404, 410].flatMap((status): Scene[] => [
        {
          name: `a DELETE answered ${status} at first is not applied`,
          server: [answered(status)],
          ...remove,
          seen: { verdicts: ['failed'], end: status, outcome: 'not-applied' },
        },
        {
          name: `a DELETE answered ${status} after attempts that did not run is not applied`,
          server: [refused, answered(429), answered(status)],
          ...remove,
          seen: { verdicts: ['not-sent', 'refused', 'failed'], end: status, outcome: 'not-applied' },
        },
        {
          name: `a DELETE answered ${status} after a 503 is applied`,
          server: [madeBut(answered(503)), answered(status)],
          ...remove,
          seen: { verdicts: ['unknown', 'done'], end: status, outcome: 'applied' },
        },
        {
          name: `a PUT answered ${status} after a lost answer is unknown`,
          server: [madeBut(lost), answered(status)],
          call: { method: 'PUT' },
          seen: { verdicts: ['unknown', 'failed'], end: status, outcome: 'unknown', made: 1 },
        },
      ]),
      ...['if-match', 'if-none-match'].flatMap((name) =>
        [madeBut(lost), madeBut(answered(503))].map((step): Scene => ({
          name: `412 on a write with ${name} is unknown after ${step.status ?? 'a lost answer'}`,
          server: [step, answered(412)],
          call: { method: 'PUT', headers: { [name]: name === 'if-match' ? '"v1"' : '*' } },
          seen: { verdicts: ['unknown', 'failed'], end: 412, outcome: 'unknown', made: 1 },
        })),
      ),
      {
        name: '412 on the first attempt is a definite no',
        server: [answered(412)],
        call: { method: 'PUT', headers: { 'if-match': '"v1"' } },
        seen: { verdicts: ['failed'], end: 412, outcome: 'not-applied' },
      },
    ],
  },
  {
    title: 'rule 9: the end of the attempts, ten where nobody says otherwise',
    scenes: [
      {
        name: 'on an answer it is that answer',
        server: [lost, answered(429), lost, answered(503)],
        seen: {
          verdicts: ['unknown', 'refused', ...Array(8).fill('unknown')],
          end: 503,
          outcome: 'unknown',
        },
      },
      {
        name: 'on a lost answer it is an error',
        server: [answered(503), answered(503), madeBut(lost)],
        seen: {
          verdicts: Array(10).fill('unknown'),
          end: 'outcome_unknown',
          outcome: 'unknown',
          made: 1,
        },
      },
      {
        name: 'on a request that was never sent it is an error that promises it',
        server: [refused],
        seen: { verdicts: Array(10).fill('not-sent'), end: 'not_applied', outcome: 'not-applied' },
      },
    ],
  },
  {
    title: 'rule 11: not-applied is a promise',
    scenes: [
      ...[answered(400), answered(404), answered(422), answered(501), answered(409)].map((last): Scene => ({
        name: `not given for ${last.status} after an answer that was cut`,
        server: [madeBut(cut(201)), last],
        options: { maxAttempts: 2 },
        seen: {
          verdicts: ['unknown', ...(last.status === 409 ? Array(7).fill('running') : ['failed'])],
          end: last.status as number,
          outcome: 'unknown',
          made: 1,
        },
      })),
      {
        name: 'not given for a 429 at the end of the attempts, after a lost one',
        server: [madeBut(lost), answered(429)],
        options: { maxAttempts: 3 },
        seen: {
          verdicts: ['unknown', 'refused', 'refused'],
          end: 429,
          outcome: 'unknown',
          made: 1,
        },
      },
      {
        name: 'not given for a refused connection after a lost answer',
        server: [madeBut(lost), refused],
        options: { maxAttempts: 3 },
        seen: {
          verdicts: ['unknown', 'not-sent', 'not-sent'],
          end: 'outcome_unknown',
          outcome: 'unknown',
          made: 1,
        },
      },
      {
        name: 'not given for what a contract leaves open, whatever follows it',
        server: [answered(424), answered(400)],
        options: { contract: leavesOpen },
        seen: { verdicts: ['failed', 'failed'], end: 400, outcome: 'unknown' },
      },
      {
        name: 'given for a 429 at the end of the attempts',
        server: [answered(429)],
        options: { maxAttempts: 3 },
        seen: { verdicts: Array(3).fill('refused'), end: 429, outcome: 'not-applied' },
      },
      {
        name: 'given by a look-up, for which the server says so',
        server: [lost],
        options: { maxAttempts: 2, reconcile: () => 'not-applied' },
        seen: { verdicts: ['unknown', 'unknown'], end: 'not_applied', outcome: 'not-applied' },
      },
    ],
  },
  {
    title: 'rule 13: our own failure is never a lost answer',
    scenes: [
      afterAnswer(201, 'applied'),
      afterAnswer(400, 'not-applied'),
      afterAnswer(503, 'unknown'),
      {
        name: 'what aroundAttempt throws before it sends is not applied',
        server: [made],
        options: { aroundAttempt: () => Promise.reject(new RangeError('no signature')) },
        seen: { verdicts: ['not-sent'], end: 'RangeError', outcome: 'not-applied' },
      },
      {
        name: 'a contract that throws hides no answer, and leaves the outcome open',
        server: [made],
        options: { contract: wrong },
        seen: { verdicts: ['done'], end: 201, outcome: 'unknown', made: 1 },
      },
    ],
  },
  {
    title: 'how far retries of writes may go',
    scenes: [
      ...(['keyed', 'never', 'always'] as const).flatMap((writes): Scene[] =>
        [false, true].flatMap((isKeyless) => {
          const isResent = writes === 'always' || (writes === 'keyed' && !isKeyless)
          const without = isKeyless ? ', without a key' : ''
          const common = isKeyless ? ({ key: 'none' } as const) : {}
          const options = isKeyless ? { methods: [] } : {}
          return [
            {
              name: `${writes}${without}: a lost answer is ${isResent ? '' : 'not '}resent`,
              server: [lost, made],
              options: { ...options, writes },
              ...common,
              seen: isResent
                ? { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied' }
                : { verdicts: ['unknown'], end: 'outcome_unknown', outcome: 'unknown' },
            },
            {
              name: `${writes} for one call${without}: a 503 is ${isResent ? '' : 'not '}resent`,
              server: [answered(503), made],
              options,
              call: { writes },
              ...common,
              seen: isResent
                ? { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied' }
                : { verdicts: ['unknown'], end: 503, outcome: 'unknown' },
            },
            {
              name: `${writes}${without}: what was not sent or refused is resent`,
              server: [refused, answered(429), made],
              options: { ...options, writes },
              ...common,
              seen: { verdicts: ['not-sent', 'refused', 'done'], end: 201, outcome: 'applied' },
            },
          ]
        }),
      ),
      {
        name: 'always, without a key: it can be applied twice, as its documentation says',
        server: [madeBut(lost), made],
        options: { methods: [], writes: 'always' },
        key: 'none',
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied', made: 2 },
      },
      {
        name: 'a path that does not honour keys is not resent to',
        server: [madeBut(lost), made],
        options: { contract: ignoring },
        seen: { verdicts: ['unknown'], end: 'outcome_unknown', outcome: 'unknown', made: 1 },
      },
      {
        name: 'a DELETE needs no key',
        server: [lost, answered(503), made],
        ...remove,
        seen: { verdicts: ['unknown', 'unknown', 'done'], end: 201, outcome: 'applied' },
      },
      ...['PUT', 'PATCH'].map((method): Scene => ({
        name: `a ${method} with one strong tag needs no key`,
        server: [lost, made],
        call: { method, headers: { 'if-match': '"v1"' } },
        options: { methods: [] },
        key: 'none',
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied' },
      })),
    ],
  },
]
