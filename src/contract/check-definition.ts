import { checkOption, checkOptions, type Checks } from '../errors/check-option.js'
import { checkAnswers } from './check-answers.js'
import { checkHeaderName, checkMarker } from './check-marker.js'
import type { KeyCarrier } from './carrier.js'
import { longestAskMs } from './read-answer.js'
import type { ContractDefinition } from './server-contract.js'

const definitionChecks: Checks = {
  name: 'string',
  carrier: 'object',
  keyRules: 'object',
  generateKey: 'function',
  methods: 'strings',
  keyTtlMs: [0],
  ttlAssumed: 'boolean',
  keyScope: 'strings',
  honoursKey: 'function',
  companions: 'function',
  replayMarkers: 'objects',
  retryHints: 'strings',
  minimumWaitMs: [0],
  askForMs: [0],
  answers: 'object',
  keyPerTarget: 'boolean',
  lookBeforeResend: 'boolean',
  replayMayDiffer: 'boolean',
  keepsFailures: ['all', 'client-errors', 'none'],
  classify: 'function',
}

function checkCarrier(carrier: KeyCarrier): void {
  checkOption('contract.carrier.in', carrier.in ?? null, ['header', 'body', 'query'])
  if (carrier.in === 'header') {
    checkHeaderName('contract.carrier.name', carrier.name)
    checkOption('contract.carrier.format', carrier.format ?? null, ['raw', 'quoted'])
    return
  }
  if (typeof carrier.read !== 'function' || typeof carrier.write !== 'function')
    throw new TypeError('contract.carrier must be made with bodyField() or queryParameter()')
  if (carrier.in === 'body') {
    checkOption('contract.carrier.path', carrier.path ?? null, 'strings')
    if (carrier.path.length === 0 || carrier.path.includes(''))
      throw new TypeError('contract.carrier.path must have a name between its dots')
  } else {
    checkOption('contract.carrier.name', carrier.name ?? null, 'string')
    if (carrier.name === '') throw new TypeError('contract.carrier.name must not be empty')
  }
}

/**
 * Checks the parts of a contract, each for itself.
 *
 * @throws `TypeError` or `RangeError` that names the part.
 */
export function checkDefinition(definition: ContractDefinition): void {
  checkOptions('contract', definition, definitionChecks)
  const { carrier, keyRules, methods = [], replayMarkers = [], retryHints = [] } = definition
  const { keyScope = [], askForMs = 0, answers } = definition
  if (carrier !== undefined) checkCarrier(carrier)
  if (keyRules !== undefined) {
    const { pattern, ...lengths } = keyRules
    checkOptions('contract.keyRules', lengths, {
      minLength: [1, 'whole'],
      maxLength: [lengths.minLength ?? 1, 'whole'],
    })
    if (pattern !== undefined && Object.prototype.toString.call(pattern) !== '[object RegExp]')
      throw new TypeError('contract.keyRules.pattern must be a regular expression')
  }
  for (const method of methods) checkHeaderName('contract.methods', method)
  for (const marker of replayMarkers) checkMarker('contract.replayMarkers', marker)
  for (const hint of retryHints) checkHeaderName('contract.retryHints', hint)
  for (const name of keyScope) checkHeaderName('contract.keyScope', name)
  if (answers !== undefined) checkAnswers('contract.answers', answers)
  if (askForMs > longestAskMs)
    throw new RangeError(`contract.askForMs must be at most ${longestAskMs}, not ${askForMs}`)
}
