import type { Seen } from './log.js'
import type { Case, Difference } from './scene.js'

const json = { 'content-type': 'application/json' }
const url = 'https://api.test/orders'
const classes = { 1: ['HTTPError'], 2: ['HTTPError', 'KyError'] }

/** The error that ky makes of a status, for a write with the scenes' own body. */
export function refusal(
  { major, method }: Case,
  status: number,
  headers: Record<string, string> = {},
  data: unknown = { code: status },
): unknown {
  const name = method.toUpperCase()
  const response = { status, statusText: '', headers: { ...json, ...headers }, ok: false, type: 'default' }
  return {
    error: {
      HTTPError: {
        name: 'HTTPError',
        message: `Request failed with status code ${status}: ${name} ${url}`,
        classes: classes[major],
        response: { Response: { ...response, redirected: false, url: '' } },
        request: { Request: { method: name, url, headers: json } },
        ...(major === 2 && { data }),
      },
    },
  }
}

const fine = {
  value: [
    {
      Response: {
        status: 200,
        statusText: '',
        headers: json,
        ok: true,
        type: 'default',
        redirected: false,
        url: '',
      },
    },
    '{"id":1}',
  ],
}

/** The same request, sent again where plain ky ends, and answered with the scenes' own 200. */
export const resent =
  (...atMs: readonly number[]) =>
  ({ sent }: Seen): Partial<Seen> => ({
    end: fine,
    sent: atMs.map(() => sent[0]),
    times: [...atMs.map((ms) => `${ms} sent`), `${atMs.at(-1)} end`],
  })

/** Only what plain ky does up to its first `count` requests. */
export const cutAfter =
  (count: number, calls?: number) =>
  (plain: Seen): Partial<Seen> => {
    const isSent = (time: string) => time.endsWith(' sent')
    const last = plain.times.filter(isSent)[count - 1] ?? '0'
    const [ms] = last.split(' ')
    const upTo = plain.times.findIndex(
      (time) => isSent(time) && plain.times.indexOf(time) > plain.times.indexOf(last),
    )
    const before = upTo < 0 ? plain.times : plain.times.slice(0, upTo)
    return {
      sent: plain.sent.slice(0, count),
      times: [
        ...before.filter((time) => time.startsWith(`${ms} `) || Number(time.split(' ')[0]) < Number(ms)),
        `${ms} end`,
      ],
      ...(calls !== undefined && { calls: plain.calls.slice(0, calls) }),
    }
  }

export const ky1 = ({ major }: Case) => major === 1

/** ky 1 retries whatever its loop throws. */
export const ownFailure: Omit<Difference, 'expected'> = {
  because:
    'What a fetch, a hook or an option of the user throws is no lost answer: a write ends with it, and is not sent again.',
  when: ky1,
}
