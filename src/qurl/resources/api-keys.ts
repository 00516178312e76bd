import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import {
  atLeastOne,
  describeShape,
  invalid,
  isName,
  isNames,
  isRecord,
  isString,
  pageChecks,
  readFields,
  required,
  type Check,
  type Checks,
  type Rule,
} from '../validate.js'
import { slugForm } from './connector-resource.js'

/** API keys. These calls need a JWT; an API key may only make enrolment keys. */
export class ApiKeys extends Area {
  /**
   * Makes a key. Its secret is shown once. An idempotency key of one's own needs at least 32 characters here.
   *
   * @throws {@link AuthorizationError} `api_key_limit` when the plan allows no more.
   */
  async createApiKey(input: CreateApiKeyInput, options?: RequestOptions): Promise<CreateApiKeyOutput> {
    const body = readApiKey(input)
    return this.write('createApiKey', 'POST', path`/v1/api-keys`, body, options)
  }

  /** Reads one page of the keys; only active ones unless `status` says otherwise. */
  listApiKeys(input?: ListApiKeysInput, options?: ReadOptions): PagePromise<ApiKeyListOutput, ApiKey> {
    return this.readPage(listApiKeysShape, () => path`/v1/api-keys`, input, options)
  }

  /** Reads all keys. */
  listAllApiKeys(
    input?: Omit<ListApiKeysInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<ApiKey, void, undefined> {
    return this.readAll(listApiKeysShape, () => path`/v1/api-keys`, input, options)
  }

  /**
   * Changes a key's name or replaces its scopes.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   */
  async updateApiKey(keyId: string, input: UpdateApiKeyInput, options?: RequestOptions): Promise<ApiKey> {
    const body = readFields('updateApiKey', input, updateChecks, [atLeastOne('name', 'scopes')])
    return this.write('updateApiKey', 'PATCH', path`/v1/api-keys/${keyId}`, body, options)
  }

  /**
   * Revokes an API key.
   *
   * @throws {@link NotFoundError} also for a key of another owner.
   */
  revokeApiKey(keyId: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/api-keys/${keyId}`, options)
  }
}

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
  scopes: readonly ApiKeyScope[]
}

/** A token by which an agent or a connector enrols, once. */
export interface CreateEnrollmentTokenInput {
  kind: 'enrollment_token'
  /** At most 100 characters. */
  name?: string | undefined
  target: CredentialTargetInput
  /** At most one; exactly one for a connector. */
  claims?: readonly CredentialClaimInput[] | undefined
  /** For example `24h`, which is the most. */
  expires_in?: string | undefined
}

/** A key of the service before it had kinds, as the official client 0.3 makes them. */
export interface CreateBootstrapKeyInput {
  name: string
  scopes: readonly ApiKeyScope[]
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

const areRequestScopes: Check = (value) =>
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
function readApiKey(input: unknown): Record<string, unknown> {
  const { kind, purpose } = isRecord(input) ? input : {}
  if (kind == null && purpose != null) {
    return readFields('createApiKey', input, bootstrapChecks, [required('name', 'scopes')])
  }
  if (kind === 'enrollment_token') {
    return readFields('createApiKey', input, enrollmentChecks, [required('target'), connectorNeedsClaim])
  }
  if (kind != null && kind !== 'api_key') {
    throw invalid('createApiKey: kind: must be "api_key" or "enrollment_token"')
  }
  return {
    kind: 'api_key',
    ...readFields('createApiKey', input, durableChecks, [required('name', 'scopes')]),
  }
}

/** Which API keys to list. */
export interface ListApiKeysInput {
  /** 1 to 100. @defaultValue `20` */
  limit?: number | undefined
  cursor?: string | undefined
  /** @defaultValue `'active'` */
  status?: Open<'active' | 'revoked' | 'all'> | undefined
}

const listChecks: Checks<ListApiKeysInput> = { ...pageChecks, status: isString }

const listApiKeysShape = { method: 'listApiKeys', rows: 'api_keys', checks: listChecks } as const

export interface ApiKeyListOutput extends PaginatedOutput {
  api_keys: ApiKey[]
}

/** An API key, without its secret. */
export interface ApiKey {
  key_id?: string
  key_prefix?: string
  name?: string
  scopes?: ApiKeyScope[]
  status?: Open<'active' | 'revoked'>
  created_at?: string
  updated_at?: string
  last_used_at?: string
  expires_at?: string
  purpose?: string
  tunnel_slug?: string
  kind?: Open<'api_key' | 'enrollment_token'>
  target?: string
  claims?: ApiKeyClaim[]
}

/** A new API key, with the secret that is shown once. */
export interface CreateApiKeyOutput extends ApiKey {
  /** The secret. It is shown only here. */
  api_key?: string
}

/** At least one field. */
export interface UpdateApiKeyInput {
  name?: string | undefined
  /** Replaces all scopes. */
  scopes?: readonly ApiKeyScope[] | undefined
}

const updateChecks: Checks<UpdateApiKeyInput> = { name: isName(100), scopes: areRequestScopes }
