import { readAnswer } from '../contract/read-answer.js'
import type { Contract, ServerContract } from '../contract/server-contract.js'
import type { Answer, Reading } from '../contract/verdict.js'
import type { ContractDraft } from './draft-contract.js'
import type { KnownAnswer } from './known-answers.js'
import { generalPresets, listPresets } from './presets.js'

/** Which preset fits. */
export interface FittingPreset {
  readonly name: string
  readonly contract: ServerContract
}

type Target = Pick<Answer, 'method' | 'url'>

const describeCarrier = ({ carrier }: Contract): string =>
  JSON.stringify(carrier.in === 'header' ? { ...carrier, name: carrier.name.toLowerCase() } : carrier)

/** One answer as a client reads it that has sent the write before, or that was given the key. */
function asRead({ exchange }: KnownAnswer, target: Target, keyOrigin: 'generated' | 'given'): Answer {
  const { status, headers, text, json } = exchange.answer
  const mayHaveRun = keyOrigin === 'generated'
  const attempt = mayHaveRun ? 2 : 1
  return {
    ...target,
    status,
    headers,
    text,
    json,
    key: 'k',
    keyOrigin,
    conditional: false,
    attempt,
    mayHaveRun,
  }
}

type Test = (given: Reading, resent: Reading, draft: ContractDraft) => boolean

/** How each answer must be read with a given key, and after an attempt of our own. */
const tests: Readonly<Record<KnownAnswer['means'], Test>> = {
  done: (given, resent, { marker, wrappedReplay }) =>
    [given, resent].every(
      ({ verdict, replayed, result }) =>
        verdict === 'done' &&
        (marker === undefined || replayed === true) &&
        (wrappedReplay === undefined || result !== undefined),
    ),
  running: (given, resent, { running }) =>
    [given, resent].every(
      ({ verdict, guessed }) => verdict === 'running' && (running.length === 0 || guessed !== true),
    ),
  alreadyDone: (given, resent, { alreadyDone: [pattern], firstId, namesFirst }) =>
    [given, resent].every(
      ({ verdict, outcome = 'applied', original, result }) =>
        verdict === 'already-done' &&
        outcome === (pattern?.alsoAfterFailure ? 'unknown' : 'applied') &&
        (!namesFirst || original?.id === firstId) &&
        (pattern?.result === undefined || result !== undefined),
    ),
  reused: (given, _, { reused }) =>
    reused.length > 0 ? given.verdict === 'key-reused' : given.outcome === 'unknown',
  failed: ({ verdict }) => verdict === 'failed' || verdict === 'stored-failure',
}

/** Whether a preset knows one of the refusals by its code, and not by its status alone. */
function isSpecific(preset: Contract, known: readonly KnownAnswer[], target: Target): boolean {
  return known.some((one) => {
    const answer = asRead(one, target, 'given')
    const bare = { ...answer, headers: new Headers(), json: undefined, text: undefined }
    const reading = preset.classify(answer)
    return reading !== undefined && JSON.stringify(reading) !== JSON.stringify(preset.classify(bare))
  })
}

/** Whether a contract reads every known answer as it was meant, and carries keys as they were sent. */
export function fits(
  contract: Contract,
  draft: ContractDraft,
  known: readonly KnownAnswer[],
  target: Target,
): boolean {
  if (!draft.honoursKey || draft.isLockSeen) return false
  if (describeCarrier(contract) !== describeCarrier(draft.base)) return false
  if (!contract.methods.includes(draft.method) || !contract.honoursKey(target)) return false
  if (draft.keyScope.some((name) => !contract.keyScope.includes(name))) return false
  return known.every((one) => {
    const given = readAnswer(contract, asRead(one, target, 'given'))
    const resent = readAnswer(contract, asRead(one, target, 'generated'))
    return tests[one.means](given, resent, draft)
  })
}

/** The first preset that fits; one for a provider only where it was chosen, or knows the server by its codes. */
export function fitPreset(
  draft: ContractDraft,
  known: readonly KnownAnswer[],
  target: Target,
): FittingPreset | undefined {
  for (const [name, contract] of listPresets()) {
    if (!fits(contract, draft, known, target)) continue
    const isNear = generalPresets.includes(name) || contract === draft.base
    if (isNear || isSpecific(contract, known, target)) return { name, contract }
  }
  return undefined
}
