import { inspect } from 'node:util'
import { QURLError, type QURLClient } from 'fetch-idempotency/qurl'
import { describe, expect, it } from 'vitest'
import { operations, type Known, type Operation } from './catalog/index.js'
import { clientFor } from './client-for.js'
import { startServer } from './start-server.js'

const secret = 'at_k8xqp9h2sj9lx7r4abcdef'
const once = (text: string) => encodeURIComponent(text)
const link = `https://qurl.link/#${secret}`

/** A link, as people copy it, and what a proxy or a log makes of one. */
const pasted: readonly (readonly [string, string])[] = [
  ['a link', link],
  ['a link without its scheme', `qurl.link/#${secret}`],
  ['a link in upper case', `HTTPS://QURL.LINK/#${secret.toUpperCase()}`],
  ['a branded link with a port', `https://go.acme.example:8443/x?next=1#${secret}`],
  ['a link that was encoded', once(link)],
  ['a link that was encoded twice', once(once(link))],
  ['a link that was encoded three times', once(once(once(link)))],
  ['the fragment of a link', `#${secret}`],
  ['an id with a fragment', `q_3a7f2c8e91b#${secret}`],
  ['an id and a token, with a blank between', `r_1 ${secret}`],
  ['a query', `?token=${secret}`],
  ['a link with a slip in its encoding', `${once(link)}%`],
  ['a link with backslashes', `https:\\\\qurl.link\\${secret.slice(3)}`],
  ['a link in angle brackets', `<${link.replace('#at_', '')}>`],
  ['a token in brackets', `(${secret})`],
  ['an API key', `lv_live_${secret.slice(3)}`],
  ['a header', `Bearer ${secret.slice(3)}`],
  ['the secret of a webhook', `whsec_${secret.slice(3)}`],
  ['an access code', `ac_${secret.slice(3)}`],
]

/** What no link is, and no id either. */
const others: readonly (readonly [string, string])[] = [
  ['two dots', '..'],
  ['two dots that were encoded', '%2e%2E'],
  ['two dots that were encoded twice', '%252e%252e'],
  ['nothing', ''],
  ['a line', 'r_1\n'],
]

/** What a call takes from what it knows that is meant to be a secret. */
const secretNames = new Set(['token', 'secret', 'code'])

/** The names of what a call reads of what it knows. */
function namesReadBy({ call }: Operation, known: Known): readonly string[] {
  const names = new Set<string>()
  const watching = new Proxy(known, {
    get(from, name) {
      if (typeof name === 'string') names.add(name)
      return Reflect.get(from, name) as unknown
    },
  })
  const silent = new Proxy({}, { get: () => async () => undefined }) as QURLClient
  call(silent, watching).catch(() => undefined)
  return [...names].filter((name) => !secretNames.has(name))
}

const rows = operations.map((operation) => [operation.name, operation] as const)

describe.each(rows)('%s', (_, operation) => {
  it('sends no secret that is pasted for an id, and shows none', async () => {
    const server = await startServer()
    const known = (await operation.arrange?.({ server, client: clientFor(server, 'jwt') })) ?? {}
    const lines: string[] = []
    const client = clientFor(server, operation.as, {
      debug: (...line: unknown[]) => lines.push(inspect(line)),
    })
    server.requests.length = 0
    for (const name of namesReadBy(operation, known)) {
      for (const [what, value] of [...pasted, ...others]) {
        const error = await operation.call(client, { ...known, [name]: value }).then(
          () => undefined,
          (reason: unknown) => reason as QURLError,
        )
        expect(error, `${name}: ${what}`).toMatchObject({ code: 'client_validation', status: 0 })
        const shown = [String(error), inspect(error), JSON.stringify(error), error?.stack].join('\n')
        expect(shown.toLowerCase(), `${name}: ${what}`).not.toContain(secret.slice(3, 12))
      }
    }
    expect(server.requests).toEqual([])
    expect(lines.join('\n')).not.toContain(secret.slice(3, 12))
  })
})

it('finds the ids of the methods that have some', () => {
  const named = operations.map((operation) => namesReadBy(operation, {}).length)
  expect(named.reduce((sum, count) => sum + count)).toBeGreaterThan(35)
})
