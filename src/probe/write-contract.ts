import { defaultContract } from '../contract/default-contract.js'
import { defineContract } from '../contract/define-contract.js'
import type { Contract, ContractDefinition, ServerContract } from '../contract/server-contract.js'
import { generateHexKey, generateRandomKey } from '../key/generate-key.js'
import type { ContractDraft } from './draft-contract.js'
import { nameOfPreset } from './presets.js'

/** For how long a key that may be locked is asked about, in milliseconds. */
const lockedAskMs = 12_000

function one<T>(list: readonly T[]): T | readonly T[] | undefined {
  return list.length > 1 ? list : list[0]
}

/** The part of a definition that is plain data. */
function dataOf(draft: ContractDraft): ContractDefinition {
  const { name, method, marker, running, reused, alreadyDone, wrappedReplay, keyScope, isLockSeen } = draft
  const answers = {
    running: one(running),
    reused: one(reused),
    alreadyDone: one(alreadyDone),
    wrappedReplay,
  }
  return {
    name,
    methods: [method],
    replayMarkers: marker && [marker],
    keyScope: keyScope.length > 0 ? keyScope : undefined,
    askForMs: isLockSeen ? lockedAskMs : undefined,
    answers: Object.values(answers).some((part) => part !== undefined) ? answers : undefined,
  }
}

/** Makes the contract that {@link writeContract} writes. */
export function makeContract(draft: ContractDraft): ServerContract {
  const { base, honoursKey } = draft
  const data: ContractDefinition = { ...dataOf(draft), ...(!honoursKey && { honoursKey: () => false }) }
  if (isPreset(base)) return base.with(data)
  const { carrier, keyRules, generateKey, companions, retryHints, minimumWaitMs } = base
  return defineContract({ carrier, keyRules, generateKey, companions, retryHints, minimumWaitMs, ...data })
}

/** `standard` is what `defineContract` begins with, so that it needs no name. */
function isPreset(base: Contract): base is ServerContract {
  const name = nameOfPreset(base)
  return name !== undefined && name !== 'standard'
}

/** A text as a literal; what a server said cannot end it. */
export function quote(text: string): string {
  const json = JSON.stringify(text).replace(
    /[\u2028\u2029\u007f-\u009f]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return json.includes("'") || json.includes('\\') ? json : `'${json.slice(1, -1)}'`
}

const isName = (text: string) => /^[A-Za-z_$][\w$]*$/.test(text)

/** Plain data as TypeScript, on one line where it is short. */
export function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return String(value).replace(/\B(?=(?:\d{3})+$)/g, '_')
  if (typeof value !== 'object' || value === null) return String(value)
  const isList = Array.isArray(value)
  const inner = `${indent}  `
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([name, part]) => `${isList ? '' : `${isName(name) ? name : quote(name)}: `}${literal(part, inner)}`)
  const [open, close] = isList ? ['[', ']'] : ['{ ', ' }']
  const line = parts.length === 0 ? (isList ? '[]' : '{}') : `${open}${parts.join(', ')}${close}`
  if (line.length + indent.length <= 80 && !line.includes('\n')) return line
  return `${open.trim()}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indent}${close.trim()}`
}

const generators = new Map([
  [generateHexKey, 'generateHexKey'],
  [generateRandomKey, 'generateRandomKey'],
])

/** What says how the key travels: the names to import, and the lines. */
function writeCarrier({ carrier, generateKey }: Contract): readonly [imports: string[], lines: string[]] {
  const imports: string[] = []
  const lines: string[] = []
  const isUsual = carrier.in === 'header' && carrier.name.toLowerCase() === 'idempotency-key'
  if (!(isUsual && carrier.format === 'raw')) {
    const [name, argument] =
      carrier.in === 'body'
        ? ['bodyField', carrier.path.join('.')]
        : carrier.in === 'query'
          ? ['queryParameter', carrier.name]
          : [carrier.format === 'quoted' ? 'quotedHeader' : 'header', carrier.name]
    imports.push(name)
    lines.push(`carrier: ${name}(${isUsual ? '' : quote(argument)}),`)
  }
  const generator = generators.get(generateKey)
  if (generator !== undefined) {
    imports.push(generator)
    lines.push(`generateKey: ${generator},`)
  }
  return [imports, lines]
}

/** Writes the contract as a module. */
export function writeContract(draft: ContractDraft): string {
  const { base, honoursKey, isLockSeen } = draft
  const preset = isPreset(base) ? nameOfPreset(base) : undefined
  const [imports, carrier] = preset === undefined && base !== defaultContract ? writeCarrier(base) : [[], []]
  const [name, ...data] = Object.entries(dataOf(draft))
    .filter(([, value]) => value !== undefined)
    .map(([part, value]) => `${part}: ${literal(value, '  ')},`)
  const lines = [
    name,
    ...carrier,
    ...data.flatMap((line) =>
      line.startsWith('askForMs') && isLockSeen
        ? ['// A key can stay locked: give up soon, with the outcome unknown.', line]
        : [line],
    ),
    ...(honoursKey
      ? []
      : ['// A lost answer is not resent: nothing shows that a resend is safe.', 'honoursKey: () => false,']),
  ]
  const start = preset === undefined ? 'defineContract({' : `${preset}.with({`
  return [
    `import { ${[...imports, preset ?? 'defineContract'].toSorted().join(', ')} } from 'fetch-idempotency/contracts'`,
    '',
    `export const contract = ${start}`,
    ...lines.map((line) => `  ${line}`),
    '})',
    '',
  ].join('\n')
}

/** The module that takes a preset as it is, for the method that was probed. */
export function writePreset(name: string, method: string, isOnlyMethod: boolean): string {
  const value = isOnlyMethod ? name : `${name}.with({ methods: [${quote(method)}] })`
  return `import { ${name} } from 'fetch-idempotency/contracts'\n\nexport const contract = ${value}\n`
}
