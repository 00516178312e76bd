import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { atLeastOne, isName, isString, pageChecks } from '../checks.js'
import type { PageInput, PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Given, Open } from '../types.js'
import { readFields, type Checks } from '../validate.js'
import {
  areRequestScopes,
  readApiKey,
  type ApiKeyClaim,
  type ApiKeyScope,
  type CreateApiKeyInput,
} from './api-key-input.js'

/** API keys. These calls need a JWT; an API key may only make enrolment keys. */
export class ApiKeys extends Area {
  /**
   * Makes a key. Its secret is shown once. An idempotency key of one's own needs at least 32 characters here.
   *
   * @throws {@link AuthorizationError} `api_key_limit` when the plan allows no more.
   */
  async createApiKey(input: Given<CreateApiKeyInput>, options?: RequestOptions): Promise<CreateApiKeyOutput> {
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
  async updateApiKey(
    keyId: string,
    input: Given<UpdateApiKeyInput>,
    options?: RequestOptions,
  ): Promise<ApiKey> {
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

/** Which API keys to list. */
export interface ListApiKeysInput extends PageInput {
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
  scopes?: ApiKeyScope[] | undefined
}

const updateChecks: Checks<UpdateApiKeyInput> = { name: isName(100), scopes: areRequestScopes }
