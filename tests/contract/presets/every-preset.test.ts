import fc from 'fast-check'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as contracts from 'fetch-idempotency/contracts'
import type { ServerContract } from 'fetch-idempotency/contracts'
import { findKeyProblem } from '../../../src/key/key-rules.js'
import { readAnswer } from '../../../src/contract/read-answer.js'
import { makeAnswer } from './describe-preset.js'

const presets = Object.entries(contracts).filter(
  (entry): entry is [string, ServerContract] => typeof entry[1] === 'object',
)
const folder = new URL('../../../src/contract/presets/', import.meta.url)

describe.each(presets)('%s', (name, contract) => {
  it('bears the name under which it is exported', () => {
    expect(contract.name).toBe(name)
  })

  it('makes keys that fit its own rules, never the same twice', () => {
    const keys = Array.from({ length: 200 }, () => contract.generateKey())
    expect(keys.map((key) => findKeyProblem(key, contract.keyRules))).toEqual(keys.map(() => undefined))
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('reads a 201 as done and a 400 as failed', () => {
    expect(readAnswer(contract, makeAnswer({ status: 201 }))).toMatchObject({
      verdict: 'done',
      replayed: false,
    })
    expect(readAnswer(contract, makeAnswer({ status: 400 }))).toMatchObject({ verdict: 'failed' })
  })

  it('never reads a 500 as settled', () => {
    for (const afterLost of [false, true])
      expect(readAnswer(contract, makeAnswer({ status: 500, afterLost }))).toMatchObject({
        verdict: 'unknown',
      })
  })

  it('reads any body with any status', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fc.oneof(
          fc.jsonValue(),
          fc.constant(undefined),
          fc.record({ error: fc.jsonValue(), errors: fc.jsonValue() }),
        ),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'),
        (status, json, given, afterLost, method) => {
          const reading = readAnswer(contract, makeAnswer({ status, json, given, afterLost, method }))
          expect(reading.verdict).toEqual(expect.any(String))
          // No answer that is not a success may promise an applied write, unless it says that it was done before.
          if (status >= 400 && !['done', 'already-done'].includes(reading.verdict))
            expect(reading.outcome).not.toBe('applied')
        },
      ),
      { numRuns: 200 },
    )
  })

  it('can be adjusted, and stays as it is', () => {
    const adjusted = contract.with({ keyTtlMs: 1 })
    expect(adjusted).toMatchObject({
      keyTtlMs: 1,
      name,
      carrier: contract.carrier,
      keyRules: contract.keyRules,
    })
    expect(contract.keyTtlMs).toBeGreaterThan(1)
    const answers = [200, 400, 409, 422, 500].map((status) => makeAnswer({ status, given: true }))
    for (const answer of answers) expect(adjusted.classify(answer)).toEqual(contract.classify(answer))
  })
})

describe('docs/contracts.md', () => {
  const page = readFileSync(new URL('../../../docs/contracts.md', import.meta.url), 'utf8')
  const rowOf = (name: string) => page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))

  it.each(presets)('tells of %s how long it keeps keys, and whether that is assumed', (name, contract) => {
    const [, , keptCell = ''] = rowOf(name)?.split(' | ') ?? []
    const hours = contract.keyTtlMs / 3_600_000
    const words: Readonly<Record<string, number>> = { min: 1 / 60, h: 1, d: 24 }
    const [, count, unit] = /^(\d+) (min|h|d)/.exec(keptCell) ?? []
    if (count !== undefined) expect(Number(count) * (words[unit as string] as number)).toBeCloseTo(hours)
    else expect(keptCell).toMatch(name === 'githubGraphql' ? /^–/ : /^for ever/)
    if (name !== 'githubGraphql') expect(keptCell.includes('assumed')).toBe(contract.ttlAssumed)
  })

  it('is short enough to be read', () => {
    expect(page.length).toBeLessThan(8_192)
  })
})

describe('the folder of presets', () => {
  it('exports every file', () => {
    expect(presets.length).toBe(readdirSync(folder).length)
    expect(presets.length).toBe(35)
  })

  it.each(readdirSync(folder))('%s names its public source', (file) => {
    if (file !== 'standard.ts')
      expect(readFileSync(new URL(file, folder), 'utf8')).toMatch(/@see \{@link https:\/\//)
  })
})
