import type { Act, PerHost, Scene, Seen } from '../scene.js'
import { answered, lost, made, madeBut, refused, silent, stalled } from '../stage.js'

/** Real time: a limit of an attempt is a timer of the machine. */
const limited = { attemptTimeoutMs: 1_500 }
const timedOut: PerHost<Partial<Seen>> = { 'ky 1': { end: 'TimeoutError' }, 'ky 2': { end: 'TimeoutError' } }
const longAgo = { date: 'Sat, 01 Jan 2000 00:00:00 GMT' }

const waits = (name: string, headers: Record<string, string>, ms: number, status = 503): Scene => ({
  name,
  server: [answered(status, headers), made],
  seen: {
    verdicts: [status === 429 ? 'refused' : 'unknown', 'done'],
    end: 201,
    outcome: 'applied',
    waits: [ms],
  },
})

export const times: readonly Act[] = [
  {
    title: 'rule 7: time is bounded',
    scenes: [
      {
        name: 'attemptTimeoutMs covers the head of the answer',
        row: 'reset, timeout, answer cut in its headers or body, 5xx but 501 and 505',
        server: [madeBut(silent), made],
        options: limited,
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied', replayed: true },
      },
      {
        name: 'attemptTimeoutMs covers the body of a success',
        server: [madeBut(stalled(201)), made],
        options: limited,
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied', replayed: true },
      },
      {
        name: 'attempts that all time out are a lost answer',
        server: [madeBut(silent)],
        options: { ...limited, maxAttempts: 2 },
        seen: { verdicts: ['unknown', 'unknown'], end: 'outcome_unknown', outcome: 'unknown', made: 1 },
        differs: timedOut,
      },
      {
        name: 'deadlineMs covers the waits: one that would pass it is not begun',
        server: [answered(429, { 'retry-after': '20' })],
        options: { deadlineMs: 50_000 },
        seen: {
          verdicts: ['refused', 'refused', 'refused'],
          end: 429,
          outcome: 'not-applied',
          waits: [20_000, 20_000],
        },
      },
      {
        name: 'what the server takes counts against the deadline',
        server: [{ ...answered(503), takesMs: 29_999 }],
        options: { deadlineMs: 60_000 },
        seen: { verdicts: ['unknown', 'unknown'], end: 503, outcome: 'unknown', waits: [25] },
      },
      waits('Retry-After in seconds is obeyed', { 'retry-after': '3' }, 3_000),
      waits('Retry-After in seconds is obeyed after a 429', { 'retry-after': '3' }, 3_000, 429),
      waits(
        'Retry-After as a date is measured against the answer’s own Date',
        { ...longAgo, 'retry-after': 'Sat, 01 Jan 2000 00:00:09 GMT' },
        9_000,
      ),
      waits('retry-after-ms is obeyed', { 'retry-after-ms': '12' }, 12),
      ...['soon', '-1', '-5', '5 apples', '1e99', 'NaN', 'Infinity', '', '0'].map((value) =>
        waits(`Retry-After of "${value}" says nothing`, { 'retry-after': value }, 25, 429),
      ),
      waits(
        'Retry-After as a date in the past says nothing',
        { 'retry-after': 'Sat, 01 Jan 2000 00:00:00 GMT' },
        25,
        429,
      ),
      {
        name: 'Retry-After above maxRetryAfterMs stops and is reported',
        server: [answered(429, { 'retry-after': '4' })],
        options: { maxRetryAfterMs: 3_999 },
        seen: { verdicts: ['refused'], end: 429, outcome: 'not-applied', waits: [] },
      },
      {
        name: 'Retry-After of maxRetryAfterMs is obeyed',
        server: [answered(429, { 'retry-after': '60' }), made],
        seen: { verdicts: ['refused', 'done'], end: 201, outcome: 'applied', waits: [60_000] },
      },
    ],
  },
  {
    title: 'rule 8: load is bounded',
    scenes: [
      {
        name: 'each wait is drawn between zero and a bound that doubles from 50 ms to 20 s',
        server: [refused],
        options: { maxAttempts: 12, random: () => 0.5 },
        seen: {
          verdicts: Array(12).fill('not-sent'),
          end: 'not_applied',
          outcome: 'not-applied',
          waits: [25, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000],
        },
      },
      {
        name: 'an operation whose retries were paid gets their price back by its success',
        server: [lost, answered(429), made],
        options: { budget: { capacity: 14 + 5 }, whenBudgetIsEmpty: 'stop' },
        seen: { verdicts: ['unknown', 'refused', 'done'], end: 201, outcome: 'applied' },
      },
      {
        name: 'a token short, it stops',
        server: [lost, answered(429), made],
        options: { budget: { capacity: 14 + 4 }, whenBudgetIsEmpty: 'stop' },
        seen: { verdicts: ['unknown', 'refused'], end: 429, outcome: 'unknown' },
      },
    ],
  },
  {
    title: 'rule 22: a definite status is not lost with its body',
    scenes: [
      ...[400, 401, 403, 404, 422].flatMap((status): Scene[] => [
        {
          name: `a ${status} whose body stalls is a ${status}`,
          server: [stalled(status)],
          options: limited,
          seen: { verdicts: ['failed'], end: status, outcome: 'not-applied' },
          cannot: { 'node:http': 'It reads an answer to its end before it tells of it.' },
        },
        {
          name: `a ${status} whose body breaks off is a ${status}`,
          server: [{ status, loses: 'body' }],
          seen: { verdicts: ['failed'], end: status, outcome: 'not-applied' },
          cannot: { 'node:http': 'It reads an answer to its end before it tells of it.' },
        },
      ]),
      {
        name: 'a 503 whose body stalls is resent',
        server: [stalled(503), made],
        options: limited,
        seen: { verdicts: ['unknown', 'done'], end: 201, outcome: 'applied' },
      },
      {
        name: 'a read whose body stalls is bounded, and resent',
        server: [stalled(200), answered(200)],
        options: limited,
        call: { method: 'GET', body: undefined },
        key: 'none',
        seen: { verdicts: ['unknown', 'done'], end: 200, outcome: 'applied', made: 0 },
        cannot: {
          'ky 1': 'Reads are ky’s own alone.',
          'ky 2': 'Reads are ky’s own alone.',
        },
      },
    ],
  },
]
