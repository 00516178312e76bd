import { existsSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { visit } from '../package/chromium.mjs'
import { startSite, type Site } from './browser/site.js'

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const isThere = existsSync(chromium)
if (!isThere) {
  const missing = 'no Chromium here: install it, or set CHROMIUM'
  if (process.env['CI'] !== undefined) throw new Error(missing)
  process.stderr.write(`skipped: ${missing}\n`)
}

describe.skipIf(!isThere)('indexedDbStore in Chromium', { timeout: 120_000 }, () => {
  let site: Site
  beforeEach(async () => void (site = await startSite()))
  afterEach(() => site.close())
  const open = (what: string) =>
    visit(chromium, `${site.origin}/?do=${what}`, site.result, ['--disable-popup-blocking'])

  it('keeps the contract of a store, with locks and without', async () => {
    expect(await open('contract')).toEqual({ passed: 34, failures: [] })
  })

  it('sends a write again under its key when the page was loaded anew in the middle of it', async () => {
    site.fate = (request) => (request === 1 ? 'hold' : 'answer')
    const found = (await open('reload-once')) as { tookMs: number }
    expect(found).toMatchObject({
      attempts: 1,
      replayed: true,
      outcome: 'applied',
      text: 'made order-1',
      key: site.keys[0],
    })
    expect(site.keys).toEqual([site.keys[0], site.keys[0]])
    expect([...site.executed]).toEqual([['order-1', 1]])
    // The lease of thirty seconds went with the page.
    expect(found.tookMs).toBeLessThan(15_000)
  })

  it('executes each write once, whenever the page is loaded anew', async () => {
    const reloads = 25
    site.fate = (request) => (request % 7 === 0 ? 'lose' : 'answer')
    site.delayOf = (load) => (load <= reloads ? 3 + ((load * 29) % 80) : 0)
    expect(await open('reload-often')).toEqual({ loads: reloads + 1, open: [] })
    expect(site.executed.size).toBe(60)
    expect([...site.executed].filter(([, times]) => times !== 1)).toEqual([])
  })

  it('executes each write once when two tabs send the same ones', async () => {
    site.fate = (request) => (request % 5 === 0 ? 'lose' : 'answer')
    const applied = Array.from({ length: 30 }, () => 'applied')
    expect(await open('tabs')).toEqual([applied, applied])
    expect(site.executed.size).toBe(30)
    expect([...site.executed].filter(([, times]) => times !== 1)).toEqual([])
  })
})
