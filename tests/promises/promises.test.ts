import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { conflicts } from './acts/conflicts.js'
import { ends } from './acts/ends.js'
import { keysAndBytes } from './acts/keys-and-bytes.js'
import { outcomes } from './acts/outcomes.js'
import { times } from './acts/times.js'
import { hosts } from './hosts.js'
import { check, play } from './play.js'
import type { Act } from './scene.js'

const acts: readonly Act[] = [...outcomes, ...keysAndBytes, ...conflicts, ...ends, ...times]

/** Rows that are no scene, as the call has to be ended from outside or is refused by its body. */
const elsewhere = new Set(['you aborted', 'a streaming body longer than `maxRequestBytes`'])

describe.each(hosts)('$name', (host) => {
  describe.each(acts)('$title', ({ scenes }) => {
    for (const scene of scenes) {
      const why = scene.cannot?.[host.name]
      if (why !== undefined) it.skip(`${scene.name}: ${why}`)
      else
        it.concurrent(scene.name, async () => {
          check(scene, host, await play(scene, host))
        })
    }
  })
})

/** The first column of the table in docs/outcomes.md. */
function readRows(): string[] {
  const text = readFileSync(new URL('../../docs/outcomes.md', import.meta.url), 'utf8')
  const table = text.slice(text.indexOf('| what happened |'), text.indexOf('\n\nGET, HEAD'))
  return table
    .split('\n')
    .slice(2)
    .map((line) => (line.split('|')[1] as string).trim())
}

describe('the table of docs/outcomes.md', () => {
  const rows = readRows()
  const played = new Set(acts.flatMap(({ scenes }) => scenes.flatMap(({ row }) => row ?? [])))

  it('is read', () => expect(rows.length).toBeGreaterThan(15))

  it.each(rows)('has scenes for "%s"', (row) => {
    expect(elsewhere.has(row) !== played.has(row), row).toBe(true)
  })

  it('has a row for each that a scene names', () => {
    expect([...played, ...elsewhere].filter((row) => !rows.includes(row))).toEqual([])
  })
})
