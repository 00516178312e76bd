import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { atLeastOne, atMostOne, isInteger, isName, isShortText } from '../checks.js'
import { path } from '../path.js'
import type { ExpiryChange, Given, QurlSummary } from '../types.js'
import { readFields, type Checks } from '../validate.js'
import { linkChecks, type CreateOutput, type LinkOptions, type ResourceType } from './link.js'
import { expiryChecks } from './qurls.js'

/** The links of one resource. */
export class ResourceLinks extends Area {
  /** Makes a link to a resource. The link is shown once. */
  async createQurlForResource(
    id: string,
    input: Given<CreateQurlForResourceInput> = {},
    options?: RequestOptions,
  ): Promise<CreateOutput> {
    const body = readFields('createQurlForResource', input ?? {}, qurlForResourceChecks)
    return this.write('createQurlForResource', 'POST', path`/v1/resources/${id}/qurls`, body, options)
  }

  /**
   * Changes one link of a resource.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   *
   * @throws {@link ConflictError} when the link is not active.
   */
  async updateResourceQurl(
    id: string,
    qurlId: string,
    input: Given<UpdateResourceQurlInput>,
    options?: RequestOptions,
  ): Promise<QurlSummary> {
    const body = readFields('updateResourceQurl', input, updateQurlChecks, updateQurlRules)
    return this.write('updateResourceQurl', 'PATCH', path`/v1/resources/${id}/qurls/${qurlId}`, body, options)
  }

  /**
   * Revokes one link.
   *
   * @throws {@link ConflictError} `revoked` when it was not active; not after a lost answer of this very call.
   */
  revokeResourceQurl(id: string, qurlId: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/resources/${id}/qurls/${qurlId}`, options)
  }

  /**
   * Issues a signed link for a resource. Every call issues another one, so a lost answer is not sent again.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   *
   * @throws {@link ServerError} with status 503 where the service has this turned off.
   */
  async resolveResource(
    id: string,
    input: ResolveResourceInput = {},
    options?: RequestOptions,
  ): Promise<ResolveResourceOutput> {
    const body = readFields('resolveResource', input ?? {}, { ttl_seconds: isInteger(1) })
    return this.write('resolveResource', 'POST', path`/v1/resources/${id}/resolve`, body, options)
  }
}

export interface CreateQurlForResourceInput extends LinkOptions {
  expires_in?: string | undefined
  /** Where in a tunnel the link leads, 1 to 2048 bytes of UTF-8. */
  target_path?: string | undefined
}

const qurlForResourceChecks: Checks<CreateQurlForResourceInput> = {
  expires_in: isName(),
  ...linkChecks,
  target_path: isShortText(2048, 1),
}

/** At least one field. The expiry is a duration or a moment, not both: that is checked when the call is made. */
export interface UpdateResourceQurlInput extends ExpiryChange, Omit<LinkOptions, 'one_time_use'> {}

const { one_time_use: _, ...changeableLinkChecks } = linkChecks
const updateQurlChecks: Checks<UpdateResourceQurlInput> = { ...expiryChecks, ...changeableLinkChecks }
const updateQurlRules = [
  atLeastOne('extend_by', 'expires_at', 'label', 'access_policy', 'max_sessions', 'session_duration'),
  atMostOne('extend_by', 'expires_at'),
]

/** What `resolveResource` takes. */
export interface ResolveResourceInput {
  /** How long the link works, in seconds. */
  ttl_seconds?: number | undefined
}

/** A temporary link to a resource. */
export interface ResolveResourceOutput {
  /** The signed link. */
  qurl: string
  qurl_id: string
  crid?: string
  type?: ResourceType
  expires_at?: string
  expires_in_seconds?: number
  single_use?: boolean
}
