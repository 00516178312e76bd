import { checkChoice, checkNumber, checkType } from '../errors/check-option.js'
import type { KeyCarrier } from './carrier.js'
import type { ContractDefinition } from './server-contract.js'

const headerName = /^[\w!#$%&'*+.^`|~-]+$/

function checkHeaderName(option: string, name: unknown): void {
  if (typeof name !== 'string' || !headerName.test(name))
    throw new TypeError(`${option} must be a header name that HTTP allows`)
}

function checkList(option: string, list: unknown): asserts list is readonly unknown[] {
  if (!Array.isArray(list)) throw new TypeError(`${option} must be an array, not ${typeof list}`)
}

function checkCarrier(carrier: KeyCarrier): void {
  checkType('contract.carrier', carrier, 'object')
  checkChoice('contract.carrier.in', carrier.in, ['header', 'body', 'query'])
  if (carrier.in === 'header') {
    checkHeaderName('contract.carrier.name', carrier.name)
    checkChoice('contract.carrier.format', carrier.format, ['raw', 'quoted'])
    return
  }
  if (typeof carrier.read !== 'function' || typeof carrier.write !== 'function')
    throw new TypeError('contract.carrier must be made with bodyField() or queryParameter()')
  if (carrier.in === 'body') {
    checkList('contract.carrier.path', carrier.path)
    if (carrier.path.length === 0 || carrier.path.some((step) => typeof step !== 'string' || step === ''))
      throw new TypeError('contract.carrier.path must have a name for every step')
  } else {
    checkType('contract.carrier.name', carrier.name, 'string')
    if (carrier.name === '') throw new TypeError('contract.carrier.name must not be empty')
  }
}

/**
 * Checks the parts of a contract, each for itself.
 *
 * @throws `TypeError` or `RangeError` that names the part.
 */
export function checkDefinition(definition: Required<ContractDefinition>): void {
  const { keyRules, methods, replayMarkers, retryHints } = definition
  checkType('contract.name', definition.name, 'string')
  checkCarrier(definition.carrier)
  checkType('contract.keyRules', keyRules, 'object')
  checkNumber('contract.keyRules.minLength', keyRules.minLength, 1, true)
  checkNumber('contract.keyRules.maxLength', keyRules.maxLength, keyRules.minLength ?? 1, true)
  if (keyRules.pattern !== undefined && !(keyRules.pattern instanceof RegExp))
    throw new TypeError('contract.keyRules.pattern must be a regular expression')
  checkList('contract.methods', methods)
  for (const method of methods) checkHeaderName('contract.methods', method)
  checkNumber('contract.keyTtlMs', definition.keyTtlMs, 0)
  checkNumber('contract.minimumWaitMs', definition.minimumWaitMs, 0)
  for (const name of ['generateKey', 'honoursKey', 'companions', 'classify'] as const)
    checkType(`contract.${name}`, definition[name], 'function')
  checkList('contract.replayMarkers', replayMarkers)
  for (const marker of replayMarkers) checkHeaderName('contract.replayMarkers', marker?.header)
  checkList('contract.retryHints', retryHints)
  for (const hint of retryHints) checkHeaderName('contract.retryHints', hint)
}
