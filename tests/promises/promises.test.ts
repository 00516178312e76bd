import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { conflicts } from './acts/conflicts.js'
import { ends } from './acts/ends.js'
import { keysAndBytes } from './acts/keys-and-bytes.js'
import { outcomes } from './acts/outcomes.js'
import { times } from './acts/times.js'
import { hosts, type Host } from './hosts.js'
import { check, play } from './play.js'
import type { Act } from './scene.js'

const acts: readonly Act[] = [...outcomes, ...keysAndBytes, ...conflicts, ...ends, ...times]

/** Rows that are no scene: the call has to be ended from outside, or it takes a contract or an earlier call to show them. */
const elsewhere = new Set([
  'you aborted',
  'a streaming body longer than `maxRequestBytes`',
  // tests/loop/key-ignored.test.ts, key-scope.test.ts and look-before-resend.test.ts
  'a lost answer of a server that was found to ignore keys',
  "a hook has changed a header of the contract's `keyScope` since an attempt that may have run",
  'a lost answer under a contract that wants a look first (`ucp`)',
])

const playAll = (host: Host, { scenes }: Act) => {
  for (const scene of scenes) {
    const why = scene.cannot?.[host.name]
    if (why !== undefined) it.skip(`${scene.name}: ${why}`)
    else
      it.concurrent(scene.name, async () => {
        check(scene, host, await play(scene, host))
      })
  }
}

/** Acts that wait in real time, which all hosts do at once. In the others a server leaves its port, which must not be taken then. */
const slow = times.filter(({ title }) => /^rule (?:7|22):/.test(title))

describe.each(hosts)('$name', (host) => {
  describe.each(acts.filter((act) => !slow.includes(act)))('$title', (act) => playAll(host, act))
})

describe.concurrent.each(hosts)('$name, in real time', (host) => {
  describe.each(slow)('$title', (act) => playAll(host, act))
})

it('finds the acts that wait', () => expect(slow).toHaveLength(2))

/** The first column of the table of a document that begins with a heading. */
function readRows(file: string, heading: string): string[] {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const lines = text.slice(text.indexOf(heading)).split('\n')
  const first = lines.findIndex((line) => line.startsWith('| what happened'))
  const last = lines.findIndex((line, at) => at > first && !line.startsWith('|'))
  return lines.slice(first + 2, last).map((line) => (line.split('|')[1] as string).trim())
}

const docs = readRows('docs/outcomes.md', '## What you get back when')

describe('the table of docs/outcomes.md', () => {
  const played = new Set(acts.flatMap(({ scenes }) => scenes.flatMap(({ row }) => row ?? [])))

  it('is read', () => expect(docs.length).toBeGreaterThan(15))

  it.each(docs)('has scenes for "%s"', (row) => {
    expect(elsewhere.has(row) !== played.has(row), row).toBe(true)
  })

  it('has a row for each that a scene names', () => {
    expect([...played, ...elsewhere].filter((row) => !docs.includes(row))).toEqual([])
  })
})

describe('the table of the README', () => {
  /** Its rows, and those of docs/outcomes.md that say the same in full. */
  const inFull: Readonly<Record<string, readonly RegExp[]>> = {
    'a success, or its replay': [/^a success, or its replay$/],
    'a refusal (400, 401, 403, 404, 422 …)': [/^any other 4xx/],
    'reset, timeout, cut body, 5xx, 429, 408, 425, "still running"': [
      /^reset, timeout/,
      /^429, 425/,
      /still runs$/,
    ],
    'attempts or time used up': [/on an answer$/, /on a lost answer$/, /^the deadline/],
    'no attempt reached a server': [/^no attempt reached a server$/],
    'the key names another write, is too old, or was done before': [
      /names another payload$/,
      /^the key is older/,
      /^"this was done before"/,
    ],
  }

  it('has rows that docs/outcomes.md has, too', () => {
    expect(readRows('README.md', '## What do I get back?')).toEqual(Object.keys(inFull))
    for (const pattern of Object.values(inFull).flat())
      expect(
        docs.filter((row) => pattern.test(row)),
        String(pattern),
      ).toHaveLength(1)
  })
})
