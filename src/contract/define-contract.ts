import { generateKey } from '../key/generate-key.js'
import { findKeyProblem } from '../key/key-rules.js'
import { header, type KeyCarrier } from './carrier.js'
import type { ContractDefinition, ServerContract } from './server-contract.js'

const headerName = /^[\w!#$%&'*+.^`|~-]+$/

/** Markers in use at several servers; one that a server does not send does no harm. */
const commonReplayMarkers = [
  { header: 'idempotent-replayed' },
  { header: 'idempotency-replayed' },
  { header: 'idempotent-replay' },
]

const defaults: Required<ContractDefinition> = {
  name: 'custom',
  carrier: header(),
  keyRules: {},
  generateKey,
  methods: ['POST', 'PUT', 'PATCH'],
  keyTtlMs: 24 * 3_600_000,
  honoursKey: () => true,
  companions: () => ({}),
  replayMarkers: commonReplayMarkers,
  retryHints: [],
  minimumWaitMs: 0,
  classify: () => undefined,
}

function checkCarrier(carrier: KeyCarrier): void {
  const name =
    carrier.in === 'body' ? carrier.path.join('') && carrier.path.find((step) => step === '') : carrier.name
  if (
    carrier.in === 'header'
      ? !headerName.test(carrier.name)
      : carrier.in === 'body'
        ? name !== undefined
        : name === ''
  )
    throw new TypeError(`carrier: a ${carrier.in} cannot carry the key under this name`)
}

/**
 * Describes how one server treats keys. Whatever is left out is as in the `standard` contract.
 *
 * @throws `TypeError` or `RangeError` when a part cannot work: an unknown option, a header name that HTTP does not
 * allow, a negative time, or a generator whose keys break the contract's own rules.
 *
 * @example
 * ```ts
 * import { defineContract, header } from 'fetch-idempotency/contracts'
 *
 * const acme = defineContract({
 *   name: 'acme',
 *   carrier: header('X-Request-Id'),
 *   keyTtlMs: 6 * 3_600_000,
 *   classify: ({ status, json }) =>
 *     status === 409 && (json as { code?: string }).code === 'in_progress' ? 'running' : undefined,
 * })
 * ```
 */
export function defineContract(definition: ContractDefinition): ServerContract {
  for (const name of Object.keys(definition))
    if (!(name in defaults)) throw new TypeError(`contract: there is no option ${name}`)
  const given = Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== undefined))
  const { keyRules, methods, ...rest } = { ...defaults, ...given } as Required<ContractDefinition>
  checkCarrier(rest.carrier)
  for (const name of ['keyTtlMs', 'minimumWaitMs'] as const)
    if (!(rest[name] >= 0))
      throw new RangeError(`contract: ${name} must be a number of milliseconds, 0 or more`)
  const contract: ServerContract = {
    ...rest,
    keyRules: { minLength: 1, maxLength: 255, ...keyRules },
    methods: methods.map((method) => method.toUpperCase()),
    with: (changes) =>
      defineContract({ ...given, ...changes, keyRules: { ...keyRules, ...changes.keyRules } }),
  }
  const problem = findKeyProblem(contract.generateKey(), contract.keyRules)
  if (problem !== undefined)
    throw new TypeError(`contract: generateKey makes a key that does not fit: ${problem}`)
  return contract
}
