import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import {
  atLeastOne,
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

/** API keys. These calls need a JWT; an API key may only make enrolment keys. */
export class ApiKeys extends Area {
  /**
   * Makes a key. Its secret is shown once. An idempotency key of one's own needs at least 32 characters here.
   *
   * @throws {@link AuthorizationError} `api_key_limit` when the plan allows no more.
   */
  async createApiKey(input: CreateApiKeyInput, options?: RequestOptions): Promise<CreateApiKeyOutput> {
    const body = readFields('createApiKey', input, createChecks, [isNamedOrKinded])
    return this.write('createApiKey', 'POST', path`/v1/api-keys`, body, options)
  }

  /** Reads one page of the keys; only active ones unless `status` says otherwise. */
  async listApiKeys(input?: ListApiKeysInput, options?: ReadOptions): Promise<ApiKeyListOutput> {
    return this.readPage('listApiKeys', 'api_keys', path`/v1/api-keys`, input, listChecks, options)
  }

  /** Reads all keys. */
  listAllApiKeys(
    input?: Omit<ListApiKeysInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<ApiKey, void, undefined> {
    const readPage = (query: ListApiKeysInput) => this.listApiKeys(query, options)
    return this.readAll('listAllApiKeys', input, listChecks, readPage, (page) => page.api_keys, options)
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
  async revokeApiKey(keyId: string, options?: ReadOptions): Promise<void> {
    return this.remove(path`/v1/api-keys/${keyId}`, options)
  }
}

export type ApiKeyScope = Open<'qurl:read' | 'qurl:write' | 'qurl:resolve' | 'qurl:agent'>

/** What an enrolment token speaks for. */
export interface ApiKeyClaim {
  type: string
  id: string
}

/** A key by its name and scopes, or by its kind. */
export type CreateApiKeyInput =
  | {
      /** At most 100 characters. */
      name: string
      /** At least one. */
      scopes: readonly ApiKeyScope[]
      /** For example `24h`; only for bootstrap keys. */
      expires_in?: string
      purpose?: Open<'tunnel_bootstrap'>
      /** Needed with that purpose. */
      tunnel_slug?: string
      kind?: never
      target?: never
      claims?: never
    }
  | {
      kind: Open<'api_key' | 'enrollment_token'>
      name?: string
      scopes?: readonly ApiKeyScope[]
      expires_in?: string
      target?: Open<'connector'>
      claims?: readonly ApiKeyClaim[]
      purpose?: never
      tunnel_slug?: never
    }

const areClaims: Check = (value) =>
  Array.isArray(value) &&
  value.every((claim) => isRecord(claim) && isString(claim['type'] ?? 0) === undefined)
    ? undefined
    : 'must be an array of objects with a type'

const createChecks: Checks<CreateApiKeyInput> = {
  name: isName(100),
  scopes: isNames,
  expires_in: isName(),
  purpose: isName(),
  tunnel_slug: isName(),
  kind: isName(),
  target: isName(),
  claims: areClaims,
}

const isNamedOrKinded: Rule = (fields) =>
  fields['kind'] === undefined ? required('name', 'scopes')(fields) : undefined

export interface ListApiKeysInput {
  /** 1 to 100. @defaultValue `20` */
  limit?: number
  cursor?: string
  /** @defaultValue `'active'` */
  status?: Open<'active' | 'revoked' | 'all'>
}

const listChecks: Checks<ListApiKeysInput> = { ...pageChecks, status: isString }

export interface ApiKeyListOutput extends PaginatedOutput {
  api_keys: ApiKey[]
}

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

export interface CreateApiKeyOutput extends ApiKey {
  /** The secret. It is shown only here. */
  api_key?: string
}

/** At least one field. */
export interface UpdateApiKeyInput {
  name?: string
  /** Replaces all scopes. */
  scopes?: readonly ApiKeyScope[]
}

const updateChecks: Checks<UpdateApiKeyInput> = { name: isName(100), scopes: isNames }
