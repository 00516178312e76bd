import * as contracts from '../contract/index.js'
import type { ServerContract } from '../contract/server-contract.js'

/** Presets for kinds of servers, the plainest first. The others are for one provider each. */
export const generalPresets: readonly string[] = [
  'standard',
  'ietf',
  'duplicateConflict',
  'googleAip155',
  'oasis',
  'zalando',
]

/** Every preset by the name under which it is imported, the general ones first. */
/* @__PURE__ */
export function listPresets(): ReadonlyMap<string, ServerContract> {
  const found = Object.entries(contracts).filter(
    (entry): entry is [string, ServerContract] => typeof entry[1] === 'object' && 'classify' in entry[1],
  )
  const rank = (name: string) => generalPresets.indexOf(name) + 1 || generalPresets.length + 1
  return new Map(found.toSorted(([one], [other]) => rank(one) - rank(other) || one.localeCompare(other)))
}

/** The name of a preset, `undefined` for any other contract. */
export function nameOfPreset(contract: object): string | undefined {
  for (const [name, preset] of listPresets()) if (preset === contract) return name
  return undefined
}
