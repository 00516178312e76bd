import { isName, isShortText, required } from '../checks.js'
import { describeShape, inspectFields, invalid, readFields, type Checks } from '../validate.js'
import { linkChecks, type LinkOptions } from './link.js'

/** One link of a delegated batch. */
export interface DelegatedQurlGrant extends LinkOptions {
  /** How long the link works, for example `24h`. */
  expires_in?: string | undefined
  /** At most 500 bytes of UTF-8. */
  label?: string | undefined
}

/** What `createDelegatedQurlBatch` takes. */
export interface CreateDelegatedQurlBatchInput {
  /** What allows the batch; a secret of at most 8192 characters. */
  mint_capability: string
  /** 1 to 100. */
  grants: DelegatedQurlGrant[]
}

const grantChecks: Checks<DelegatedQurlGrant> = {
  ...linkChecks,
  expires_in: isName(),
  label: isShortText(500),
}

const batchChecks: Checks<CreateDelegatedQurlBatchInput> = {
  mint_capability: isName(8192),
  grants: (value) => (Array.isArray(value) ? undefined : `must be an array (got ${describeShape(value)})`),
}

/** @throws {@link ValidationError} that names every problem of every grant. Its text never shows the capability. */
export function readDelegatedBatch(input: unknown): { mint_capability: string; grants: object[] } {
  const method = 'createDelegatedQurlBatch'
  const { mint_capability, grants } = readFields(method, input, batchChecks, [
    required('mint_capability', 'grants'),
  ]) as unknown as CreateDelegatedQurlBatchInput
  if (grants.length < 1 || grants.length > 100)
    throw invalid(`${method}: grants: must hold 1 to 100 (got ${grants.length})`)
  const found = grants.map((grant) => inspectFields(grant, grantChecks))
  const problems = found.flatMap(({ problems: list }, index) =>
    list.length > 0 ? [`grants[${index}]: ${list.join('; ')}`] : [],
  )
  if (problems.length > 0) throw invalid(`${method}: ${problems.join(' | ')}`)
  return { mint_capability, grants: found.map(({ fields }) => fields) }
}
