import type { Defined } from '../errors/check-option.js'
import { syncCallback } from '../errors/sync-callback.js'
import { generateHexKey, generateKey, generateRandomKey } from '../key/generate-key.js'
import { findKeyProblem } from '../key/key-rules.js'
import { checkDefinition } from './check-definition.js'
import { classifyByData } from './classify-by-data.js'
import { defaultContract } from './default-contract.js'
import { longestAskMs } from './read-answer.js'
import type { Contract, ContractDefinition, ServerContract } from './server-contract.js'

type Given = Omit<ContractDefinition, 'answers' | 'keepsFailures'>

const defaults: Defined<Given> = { ...defaultContract, name: 'custom', keyRules: {} }

/**
 * What our own generators make. A preset is checked against it and draws no random number: Workers refuse to give one
 * while a module loads.
 */
const samples = new Map([
  [generateKey, '01890a5d-ac96-774b-bcce-b302099a8057'],
  [generateHexKey, '01890a5dac96774bbcceb302099a8057'],
  [generateRandomKey, '8e03978e-40d5-43e8-bc93-6894a57f9324'],
])

function withoutAbsent(definition: ContractDefinition): Partial<Defined<ContractDefinition>> {
  const given: Record<string, unknown> = {}
  // Inherited parts count: those of a definition that was made from another.
  for (const name in definition) {
    const value = definition[name as keyof ContractDefinition]
    if (value !== undefined) given[name] = value
  }
  return given
}

/** What a contract says of its answers, by code and by data. */
function composeClassify(definition: ContractDefinition): Contract['classify'] {
  const { keepsFailures, retryHints = [] } = definition
  const classify = definition.classify
    ? syncCallback('contract.classify', definition.classify)
    : defaultContract.classify
  if (definition.answers === undefined && keepsFailures !== 'all') return classify
  // A copy: what the caller does to its object later does not reach a contract that was checked.
  const answers = structuredClone(definition.answers)
  return (answer) => {
    const said = classify(answer) ?? (answers && classifyByData(answers, answer))
    const isKept = keepsFailures === 'all' && answer.status === 500
    const isHinted = retryHints.some((hint) => answer.headers.has(hint))
    return said ?? (isKept && !isHinted ? { verdict: 'unknown', resend: false } : undefined)
  }
}

/** The callbacks that a definition gives; `classify` is one that may fail without harm. */
function syncCallbacks({ honoursKey, companions }: ContractDefinition): Partial<Contract> {
  return {
    ...(honoursKey && { honoursKey: syncCallback('contract.honoursKey', honoursKey) }),
    ...(companions && { companions: syncCallback('contract.companions', companions) }),
  }
}

/** The pattern as a rule for the whole key, without the flags that make `test` remember where it stopped. */
function wholeKey({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`, flags.replace(/[gy]/g, ''))
}

/**
 * Describes how one server treats keys. Whatever is left out is as in the `standard` contract.
 *
 * @throws `TypeError` or `RangeError` when a part cannot work: an unknown option, a header name that HTTP does not
 * allow, a negative time, or a generator whose keys break the contract's own rules. A generator of your own is
 * called once to find that out.
 *
 * @example
 * ```ts
 * import { defineContract, header } from 'fetch-idempotency/contracts'
 *
 * const acme = defineContract({
 *   name: 'acme',
 *   carrier: header('X-Request-Id'),
 *   keyTtlMs: 6 * 3_600_000,
 *   answers: {
 *     running: { status: 409, code: 'in_progress' },
 *     reused: { status: 409, code: 'key_reused' },
 *     alreadyDone: { status: 409, code: 'duplicate', id: 'order.id' },
 *   },
 * })
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineContract(definition: ContractDefinition): ServerContract {
  checkDefinition(definition)
  const given = withoutAbsent(definition)
  const {
    keyRules,
    methods,
    replayMarkers,
    retryHints,
    keyScope,
    answers: _,
    ...rest
  } = {
    ...defaults,
    ...given,
  }
  const { minLength = 1, maxLength = 255, pattern } = keyRules
  const contract: ServerContract = {
    ...rest,
    ...syncCallbacks(given),
    classify: composeClassify(given),
    ttlAssumed: given.ttlAssumed ?? given.keyTtlMs === undefined,
    askForMs: given.askForMs ?? Math.min(Math.max(rest.askForMs, 4 * rest.minimumWaitMs), longestAskMs),
    keyScope: keyScope.map((name) => name.toLowerCase()),
    keyRules: { minLength, maxLength, pattern: pattern && wholeKey(pattern) },
    methods: methods.map((method) => method.toUpperCase()),
    replayMarkers: [...replayMarkers],
    retryHints: [...retryHints],
    with: (changes) =>
      defineContract({
        ...given,
        // Where the caller sets `keyTtlMs`, the preset's `ttlAssumed` no longer applies.
        ...(changes.keyTtlMs !== undefined && { ttlAssumed: false }),
        ...withoutAbsent(changes),
        keyRules: { ...keyRules, ...changes.keyRules },
      }),
  }
  const sample = samples.get(contract.generateKey) ?? contract.generateKey()
  const problem = findKeyProblem(sample, contract.keyRules)
  if (problem !== undefined)
    throw new TypeError(`contract.generateKey makes a key that does not fit: ${problem}`)
  return contract
}
