import type { Act, Scene } from '../scene.js'
import { answered, lost, made, refused } from '../stage.js'

const byOption = 'It takes its key as an option.'
const textOnly = 'It sends text.'
const everything = [lost, answered(503), refused, answered(429), made] as const
const verdicts = ['unknown', 'unknown', 'not-sent', 'refused', 'done']

/** A body that needs its own making for each call. */
const body = (name: string, call: () => Scene['call'] & object, more: Partial<Scene> = {}): Scene => ({
  name,
  server: [lost, answered(503), made],
  call: call as () => object,
  seen: { verdicts: ['unknown', 'unknown', 'done'], end: 201, outcome: 'applied' },
  cannot: { 'node:http': textOnly },
  ...more,
})

export const keysAndBytes: readonly Act[] = [
  {
    title: 'rule 1: a key is made before the first attempt and never again',
    scenes: [
      ...['POST', 'PUT', 'PATCH'].map((method): Scene => ({
        name: `a ${method} has one UUIDv7 for all of its attempts`,
        server: everything,
        call: { method },
        seen: { verdicts, end: 201, outcome: 'applied' },
      })),
      {
        name: 'a key of the caller’s wins',
        server: everything,
        call: { key: 'Job 42/retry "A"' },
        key: 'Job 42/retry "A"',
        seen: { verdicts, end: 201, outcome: 'applied' },
      },
      ...['Idempotency-Key', 'idempotency-key', 'IDEMPOTENCY-KEY', 'iDeMpOtEnCy-KeY'].map((name): Scene => ({
        name: `the header ${name} of the caller’s wins`,
        server: everything,
        call: { headers: { [name]: 'given' } },
        key: 'given',
        seen: { verdicts, end: 201, outcome: 'applied' },
        cannot: { 'node:http': byOption },
      })),
      ...['GET', 'HEAD', 'OPTIONS', 'DELETE'].map((method): Scene => ({
        name: `a ${method} has none`,
        server: [answered(200)],
        call: { method, body: undefined },
        key: 'none',
        seen: { verdicts: ['done'], end: 200, outcome: 'applied', made: 0 },
        ...(method !== 'DELETE' && {
          cannot: {
            'ky 1': 'Reads are ky’s own alone: nothing is told of them.',
            'ky 2': 'Reads are ky’s own alone: nothing is told of them.',
          },
        }),
      })),
    ],
  },
  {
    title: 'rule 5: bytes never change between attempts',
    scenes: [
      {
        name: 'method, URL with its query, headers and body are those of the first',
        server: everything,
        call: { method: 'PUT', url: '?page=1&b=%20', headers: { 'x-a': '1', 'content-type': 'text/plain' } },
        seen: { verdicts, end: 201, outcome: 'applied' },
      },
      body('bytes are sent as they are at the call', () => {
        const bytes = new TextEncoder().encode('{"before":1}')
        queueMicrotask(() => bytes.fill(0x20))
        return { body: bytes }
      }),
      body('a form has one boundary', () => {
        const form = new FormData()
        form.set('a', 'b')
        return { body: form }
      }),
      body('a Blob is sent each time', () => ({ body: new Blob(['{"blob":1}']) })),
      body('URLSearchParams are sent each time', () => ({ body: new URLSearchParams({ a: '1' }) })),
      body('a stream is kept and sent each time', () => ({
        body: new Blob(['{"streamed":1}']).stream(),
        duplex: 'half',
      })),
      body(
        'a function makes a stream anew for each attempt',
        () => ({ body: () => new Blob(['{"made":1}']).stream(), duplex: 'half' }),
        {
          cannot: {
            'node:http': textOnly,
            'ky 1': 'ky takes no function as a body.',
            'ky 2': 'ky takes no function as a body.',
          },
        },
      ),
    ],
  },
]
