import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PageInput, PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Given, QurlSummary, ResourceStatus } from '../types.js'
import {
  atLeastOne,
  isBoolean,
  isHttpUrl,
  isName,
  isString,
  isTags,
  isText,
  pageChecks,
  required,
} from '../checks.js'
import { readFields, type Checks, type Rule } from '../validate.js'
import { type ResourceType } from './link.js'

/** What links lead to: protected URLs and tunnels. */
export class Resources extends Area {
  /**
   * Makes a resource, or finds the one that is there: the service keeps one per target URL, and one per slug with
   * `find_or_create`. `metaOf(result)?.foundExisting` tells which; a found one keeps its own alias, description and tags.
   *
   * A lost answer is sent again where the service would find the first attempt's resource, and so may you when the outcome is
   * `unknown`. Not so a tunnel without `find_or_create`: look before you call again.
   */
  async createResource(input: Given<CreateResourceInput>, options?: RequestOptions): Promise<Resource> {
    const body = readFields('createResource', input, createResourceChecks, [needsTarget])
    return this.write('createResource', 'POST', path`/v1/resources`, body, options, {
      writes: isDeduplicated(body) ? 'always' : 'never',
    })
  }

  /** Reads one page of the resources. `alias` and `slug` look up a single one. */
  listResources(input?: ResourceListInput, options?: ReadOptions): PagePromise<ResourceListOutput, Resource> {
    return this.readPage(listResourcesShape, () => path`/v1/resources`, input, options)
  }

  /** Reads all resources. */
  listAllResources(
    input?: ResourceListAllInput,
    options?: ReadOptions,
  ): AsyncGenerator<Resource, void, undefined> {
    return this.readAll(listResourcesShape, () => path`/v1/resources`, input, options)
  }

  /**
   * Reads a resource and its links.
   *
   * @throws {@link GoneError} with its `tombstone` when the resource is closed for good.
   */
  async getResource(id: string, options?: ReadOptions): Promise<ResourceDetail> {
    return this.read(path`/v1/resources/${id}`, options)
  }

  /**
   * Changes a resource. `null` clears the alias, an empty string the custom domain.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   */
  async updateResource(
    id: string,
    input: Given<UpdateResourceInput>,
    options?: RequestOptions,
  ): Promise<Resource> {
    const body = readFields('updateResource', input, updateResourceChecks, updateResourceRules, ['alias'])
    return this.write('updateResource', 'PATCH', path`/v1/resources/${id}`, body, options)
  }

  /** Revokes a resource and all its links. */
  deleteResource(id: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/resources/${id}`, options)
  }
}

/**
 * A URL, a tunnel with its slug, or what the service calls transit. `target_url` is needed unless `type` names another kind;
 * `slug` and `find_or_create` are for tunnels.
 */
export interface CreateResourceInput {
  /** @defaultValue `'url'` */
  type?: ResourceType | undefined
  /** `http` or `https`, at most 2048 characters. */
  target_url?: string | undefined
  /** At most 500 characters. */
  description?: string | undefined
  tags?: string[] | undefined
  custom_domain?: string | undefined
  /** 3 to 64 lower-case letters, digits and dashes. */
  alias?: string | undefined
  /** The name of a tunnel. */
  slug?: string | undefined
  /** Finds the tunnel with this slug if there is one. */
  find_or_create?: boolean | undefined
}

const createResourceChecks: Checks<CreateResourceInput> = {
  target_url: isHttpUrl,
  type: isString,
  description: isText(500),
  tags: isTags,
  custom_domain: isName(253),
  alias: isName(64),
  slug: isName(64),
  find_or_create: isBoolean,
}

const needsTarget: Rule = (fields) =>
  fields['type'] === undefined || fields['type'] === 'url' ? required('target_url')(fields) : undefined

/** Whether a second request finds what the first one made. */
const isDeduplicated = ({ type, target_url, find_or_create }: Record<string, unknown>): boolean =>
  type === 'tunnel' ? find_or_create === true : target_url !== undefined

/** A resource, as the `/v1/resources` calls show it. */
export interface Resource {
  resource_id: string
  type?: ResourceType
  /** Absent when it is not for you to see. */
  target_url?: string
  knock_resource_id?: string
  status?: ResourceStatus
  description?: string
  tags?: string[]
  custom_domain?: string | null
  alias?: string | null
  slug?: string
  preserve_host?: boolean
  /** Seconds. */
  session_duration_cap?: number
  qurl_count?: number
  crid?: string
  connector_routing_id?: string
  created_at?: string
  updated_at?: string
  expires_at?: string
  tombstoned_at?: string
}

/** `alias` and `slug` are look-ups: neither goes with the other, nor with `status` or `type`. */
export interface ResourceListInput extends PageInput {
  status?: ResourceStatus | undefined
  type?: ResourceType | undefined
  alias?: string | undefined
  slug?: string | undefined
}

/** Which resources to iterate over. */
export interface ResourceListAllInput extends Omit<ResourceListInput, 'cursor'> {}

const listChecks: Checks<ResourceListInput> = {
  ...pageChecks,
  alias: isString,
  slug: isString,
  status: isString,
  type: isString,
}

const listResourcesShape = { method: 'listResources', rows: 'resources', checks: listChecks } as const

export interface ResourceListOutput extends PaginatedOutput {
  resources: Resource[]
}

/** A resource with its links. */
export interface ResourceDetail {
  resource?: Resource
  /** At most 100, in no order. */
  qurls?: QurlSummary[]
}

/** At least one field; a custom domain and an alias not together, which the service refuses. */
export interface UpdateResourceInput {
  /** At most 500 characters; an empty one clears it. */
  description?: string | undefined
  /** Replaces all tags; an empty array clears them. */
  tags?: string[] | undefined
  preserve_host?: boolean | undefined
  /** An empty one clears it. */
  custom_domain?: string | undefined
  /** `null` clears it. */
  alias?: string | null | undefined
}

const updateResourceChecks: Checks<UpdateResourceInput> = {
  description: isText(500),
  tags: isTags,
  custom_domain: isText(253),
  preserve_host: isBoolean,
  alias: isName(64),
}
const updateResourceRules = [atLeastOne('description', 'tags', 'custom_domain', 'preserve_host', 'alias')]
