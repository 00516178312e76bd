import { isString, pageChecks } from '../checks.js'
import type { PageInput, PaginatedOutput } from '../page.js'
import type { AccessToken, Open, ResourceStatus } from '../types.js'
import { isRecord, type Checks } from '../validate.js'
import type { ResourceType } from './link.js'

/** A resource, as the `/v1/qurls` calls show it. */
export interface QURL {
  resource_id: string
  /** The public name of the resource. */
  crid?: string
  type?: ResourceType
  /** Absent for what a connector owns. */
  target_url?: string
  status: 'active' | 'revoked'
  description?: string
  tags?: string[]
  slug?: string
  qurl_site?: string
  custom_domain?: string | null
  /** Absent means unknown, not none. */
  qurl_count?: number
  /** At most 100 links, in no order; only from `get`, `update` and `extend`. */
  access_tokens?: AccessToken[]
  created_at: string
  expires_at?: string
}

/** The wire calls the links `qurls`; here they are `access_tokens`. */
export function withTokens(wire: QURL & { qurls?: unknown }): QURL {
  if (!('qurls' in wire) && !('access_tokens' in wire)) return wire
  const tokens = wire.access_tokens ?? wire.qurls
  delete wire.qurls
  delete wire.access_tokens
  if (Array.isArray(tokens)) wire.access_tokens = tokens as AccessToken[]
  return wire
}

const rowsWithTokens = (data: unknown): unknown =>
  Array.isArray(data) ? data.map((row) => (isRecord(row) ? withTokens(row as never) : row)) : data

/** Which resources to list. */
export interface ListInput extends PageInput {
  /** One status, or several with commas between them. */
  status?: ResourceStatus | undefined
  /** Searches descriptions and target URLs. */
  q?: string | undefined
  sort?: Open<'created_at:asc' | 'created_at:desc' | 'expires_at:asc' | 'expires_at:desc'> | undefined
  created_after?: string | undefined
  created_before?: string | undefined
  expires_before?: string | undefined
  expires_after?: string | undefined
}

/** Which resources to iterate over. */
export interface ListAllInput extends Omit<ListInput, 'cursor'> {}

const listChecks: Checks<ListInput> = {
  ...pageChecks,
  status: isString,
  q: isString,
  sort: isString,
  created_after: isString,
  created_before: isString,
  expires_before: isString,
  expires_after: isString,
}

export const listShape = {
  method: 'list',
  rows: 'qurls',
  checks: listChecks,
  rowsOf: rowsWithTokens,
} as const

export interface ListOutput extends PaginatedOutput {
  qurls: QURL[]
}
