import { describe, expect, it } from 'vitest'
import type { Answer, KeyCarrier, Reading, ServerContract, Verdict } from 'fetch-idempotency/contracts'
import { findKeyProblem } from '../../../src/key/key-rules.js'
import { readAnswer } from '../../../src/contract/read-answer.js'

/** What a row says about an answer; the rest is a POST's first attempt with a generated key. */
export interface AnswerFacts {
  readonly status: number
  readonly json?: unknown
  readonly headers?: Record<string, string>
  readonly method?: string
  readonly url?: string
  readonly key?: string
  /** The caller gave the key. */
  readonly given?: boolean
  /** The write has no key. */
  readonly keyless?: boolean
  /** An earlier attempt of this operation was lost. */
  readonly afterLost?: boolean
  readonly conditional?: boolean
}

/** What a preset must be, and what its answers must mean. */
export interface PresetFacts {
  readonly carrier: KeyCarrier
  readonly methods: readonly string[]
  readonly keyTtlMs: number
  readonly keys: { readonly accepted: readonly string[]; readonly refused: readonly string[] }
  readonly honoured?: readonly (readonly [method: string, url: string])[]
  readonly ignored?: readonly (readonly [method: string, url: string])[]
  readonly rows: readonly (readonly [
    name: string,
    answer: AnswerFacts,
    expected: Verdict | Partial<Reading>,
  ])[]
}

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
export const uuid = '01890a5d-ac96-774b-bcce-b302099a8057'
export const uuidV4 = '8e03978e-40d5-43e8-bc93-6894a57f9324'

/** An answer as a contract sees it. */
export function makeAnswer(facts: AnswerFacts): Answer {
  const { status, json, headers = {}, method = 'POST', url = 'https://api.example.com/v1/things' } = facts
  const { key = uuid, given = false, afterLost = false, keyless = false, conditional = false } = facts
  return {
    status,
    headers: new Headers(headers),
    text: json === undefined ? '' : JSON.stringify(json),
    json,
    method,
    url,
    key: keyless ? undefined : key,
    keyOrigin: keyless ? 'none' : given ? 'given' : 'generated',
    conditional,
    attempt: afterLost ? 2 : 1,
    mayHaveRun: afterLost,
  }
}

/** Tests of one preset: its carrier, its keys, and a row for each answer that its documentation names. */
export function describePreset(contract: ServerContract, facts: PresetFacts): void {
  const { carrier, methods, keyTtlMs, keys, honoured = [], ignored = [], rows } = facts
  describe(contract.name, () => {
    it('carries the key where the server looks for it, as long as the server keeps it', () => {
      expect(contract.carrier).toEqual(carrier)
      expect(contract.methods).toEqual(methods)
      expect(contract.keyTtlMs).toBe(keyTtlMs)
    })

    it.each(keys.accepted)('accepts the key %j', (key) => {
      expect(findKeyProblem(key, contract.keyRules)).toBeUndefined()
    })

    it.each(keys.refused)('refuses the key %j', (key) => {
      expect(findKeyProblem(key, contract.keyRules)).toEqual(expect.any(String))
    })

    it.each(honoured)('resends %s %s with its key', (method, url) => {
      expect(contract.honoursKey({ method, url })).toBe(true)
    })

    it.each(ignored)('does not resend %s %s, which heeds no key', (method, url) => {
      expect(contract.honoursKey({ method, url })).toBe(false)
    })

    it.each(rows)('%s', (_, answer, expected) => {
      expect(readAnswer(contract, makeAnswer(answer))).toMatchObject(
        typeof expected === 'string' ? { verdict: expected } : expected,
      )
    })
  })
}
