import { generateHexKey, generateKey, generateRandomKey } from '../../key/generate-key.js'
import { findKeyProblem, type KeyRules } from '../../key/key-rules.js'
import { uuidForm } from '../../key/uuid-form.js'
import { readField, readText } from '../json-field.js'
import type { FoundKey } from './find-key.js'

/** What a schema says of the form of a key. */
function readPattern(schema: unknown): RegExp | undefined {
  const source = readText(schema, 'pattern')
  if (source === undefined) return readText(schema, 'format') === 'uuid' ? uuidForm : undefined
  try {
    // Our rules hold for the whole key; a pattern of JSON Schema may hold for a part of it.
    return new RegExp(`(?=.*?(?:${source})).*`)
  } catch {
    return undefined
  }
}

/** The rules that hold for every operation: the longest least and the shortest greatest length. */
export function readKeyRules(keys: readonly FoundKey[]): Partial<KeyRules> {
  const lengths = (field: string) =>
    keys.map(({ schema }) => readField(schema, field)).filter((value) => Number.isInteger(value)) as number[]
  const minLength = Math.max(1, ...lengths('minLength'))
  const longest = lengths('maxLength')
  return {
    minLength,
    maxLength: longest.length === 0 ? Math.max(255, minLength) : Math.max(minLength, Math.min(...longest)),
    pattern: keys.map(({ schema }) => readPattern(schema)).find((pattern) => pattern !== undefined),
  }
}

const samples = [
  [generateKey, '01890a5d-ac96-774b-bcce-b302099a8057'],
  [generateHexKey, '01890a5dac96774bbcceb302099a8057'],
  [generateRandomKey, '8e03978e-40d5-43e8-bc93-6894a57f9324'],
] as const

/** A generator of ours whose keys fit the rules, `undefined` when none does. */
export function findGenerator({
  minLength = 1,
  maxLength = 255,
  pattern,
}: Partial<KeyRules>): (() => string) | undefined {
  const whole = pattern && new RegExp(`^(?:${pattern.source})$`, pattern.flags)
  return samples.find(
    ([, sample]) => findKeyProblem(sample, { minLength, maxLength, pattern: whole }) === undefined,
  )?.[0]
}

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const

/** How long keys are kept, as the descriptions of the key say: where they name several times, the shortest is assumed. */
export function readTtl(keys: readonly FoundKey[]): { keyTtlMs?: number; ttlAssumed?: boolean } {
  const times = new Set(
    keys.flatMap(({ description }) => [
      ...(/\b(?:for ?ever|indefinitely)\b/i.test(description) ? [Infinity] : []),
      ...[...description.matchAll(/(\d{1,4})[\s-]*(minute|hour|day)s?\b/gi)].map(
        ([, number, unit]) => Number(number) * unitMs[(unit as string).toLowerCase() as keyof typeof unitMs],
      ),
    ]),
  )
  return times.size === 0 ? {} : { keyTtlMs: Math.min(...times), ttlAssumed: times.size > 1 }
}
