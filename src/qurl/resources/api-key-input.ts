import { isName, isNames, isString, required } from '../checks.js'
import type { Open } from '../types.js'
import {
  describeShape,
  invalid,
  isRecord,
  present,
  readFields,
  type Check,
  type Checks,
  type Rule,
} from '../validate.js'
import { slugForm } from './connector-resource.js'

/** What an API key may do. */
export type ApiKeyScope = Open<ApiKeyRequestScope>

/** The scopes that a key can be made with. */
export type ApiKeyRequestScope = 'qurl:read' | 'qurl:write' | 'qurl:resolve' | 'qurl:agent'

const requestScopes: readonly unknown[] = ['qurl:read', 'qurl:write', 'qurl:resolve', 'qurl:agent']

/** Whether a value is a scope that a key can be made with. */
export const isApiKeyRequestScope = (scope: unknown): scope is ApiKeyRequestScope =>
  requestScopes.includes(scope)

/** What an enrollment token is for. */
export type CredentialTargetInput = Open<'agent' | 'connector'>

/** What an enrollment token speaks for. */
export interface CredentialClaimInput {
  type: Open<'connector'>
  /** A connector's slug. */
  id: string
}

/** A claim as the service shows it. */
export interface ApiKeyClaim {
  type: string
  id: string
}

/** A key that lasts. */
export interface CreateDurableApiKeyInput {
  /** @defaultValue `'api_key'` */
  kind?: 'api_key' | undefined
  /** At most 100 characters. */
  name: string
  /** At least one. */
  scopes: ApiKeyScope[]
}

/** A token by which an agent or a connector enrols, once. */
export interface CreateEnrollmentTokenInput {
  kind: 'enrollment_token'
  /** At most 100 characters. */
  name: string
  target: CredentialTargetInput
  /** At most one; exactly one for a connector. */
  claims?: CredentialClaimInput[] | undefined
  /** For example `24h`, which is the most. */
  expires_in?: string | undefined
}

/** A key of the service before it had kinds, as the official client 0.3 makes them. */
export interface CreateBootstrapKeyInput {
  name: string
  scopes: ApiKeyScope[]
  purpose: 'tunnel_bootstrap'
  tunnel_slug?: string | undefined
  /** For example `24h`, which is the most. */
  expires_in?: string | undefined
}

/** A key by its kind; without one it lasts. The older form with a `purpose` is sent as it is. */
export type CreateApiKeyInput =
  CreateDurableApiKeyInput | CreateEnrollmentTokenInput | CreateBootstrapKeyInput

const areClaims: Check = (value) => {
  if (!Array.isArray(value)) return `must be an array (got ${describeShape(value)})`
  if (value.length > 1) return 'must hold at most one'
  const isGood = value.every(
    (claim) => isRecord(claim) && claim['type'] === 'connector' && slugForm.test(String(claim['id'])),
  )
  return isGood ? undefined : 'must be { type: "connector", id: a slug }'
}

export const areRequestScopes: Check = (value) =>
  isNames(value) ??
  ((value as unknown[]).every(isApiKeyRequestScope) ? undefined : `must be of ${requestScopes.join(', ')}`)

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

const isWithinADay: Check = (value) => {
  const [, count, unit = ''] = /^(\d+)([smhdw])$/.exec(String(value)) ?? []
  const seconds = Number(count) * (unitSeconds[unit] ?? Number.NaN)
  return seconds > 0 && seconds <= 86_400 ? undefined : 'must be a duration above 0 and of at most 24h'
}

const durableChecks: Checks<CreateDurableApiKeyInput> = {
  kind: isString,
  name: isName(100),
  scopes: areRequestScopes,
}

const enrollmentChecks: Checks<CreateEnrollmentTokenInput> = {
  kind: isString,
  name: isName(100),
  target: (value) =>
    value === 'agent' || value === 'connector' ? undefined : 'must be "agent" or "connector"',
  claims: areClaims,
  expires_in: isWithinADay,
}

const bootstrapChecks: Checks<CreateBootstrapKeyInput> = {
  name: isName(100),
  scopes: areRequestScopes,
  purpose: isName(),
  tunnel_slug: isName(),
  expires_in: isName(),
}

const connectorNeedsClaim: Rule = ({ target, claims }) =>
  target === 'connector' && (claims as unknown[] | undefined)?.length !== 1
    ? 'claims: exactly one is required for a connector'
    : undefined

/** The body that makes a key of the kind that the input names. */
export function readApiKey(given: unknown): Record<string, unknown> {
  // A field of another kind is absent when it is `undefined`: the type of the input allows it.
  const input = isRecord(given) ? present(given) : given
  const { kind, purpose } = isRecord(input) ? input : {}
  if (kind == null && purpose != null) {
    return readFields('createApiKey', input, bootstrapChecks, [required('name', 'scopes')])
  }
  if (kind === 'enrollment_token') {
    return readFields('createApiKey', input, enrollmentChecks, [
      required('name', 'target'),
      connectorNeedsClaim,
    ])
  }
  if (kind != null && kind !== 'api_key') {
    throw invalid('createApiKey: kind: must be "api_key" or "enrollment_token"')
  }
  return {
    kind: 'api_key',
    ...readFields('createApiKey', input, durableChecks, [required('name', 'scopes')]),
  }
}
