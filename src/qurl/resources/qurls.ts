import { Area } from '../area.js'
import { metaOf } from '../meta.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PagePromise } from '../page.js'
import { checkId, path } from '../path.js'
import type { Expiry, ExpiryChange, Given } from '../types.js'
import { atLeastOne, atMostOne, isName, isTags, isText, required } from '../checks.js'
import { isRecord, readFields, type Checks } from '../validate.js'
import {
  completeBatch,
  findBatchProblem,
  isBatchData,
  readItems,
  type BatchCreateInput,
  type BatchCreateOutput,
} from './batch.js'
import {
  linkChecks,
  readCreate,
  type CreateInput,
  type CreateOutput,
  type LinkOptions,
  type ResourceType,
} from './link.js'
import {
  listShape,
  withTokens,
  type ListAllInput,
  type ListInput,
  type ListOutput,
  type QURL,
} from './qurl.js'

/** Links that open a protected URL. */
export class Qurls extends Area {
  /**
   * Protects a URL and makes a link to it. The link is shown once.
   *
   * @throws {@link ConflictError} `resource_type_conflict` when the URL is known as another kind of resource.
   */
  async create(input: Given<CreateInput>, options?: RequestOptions): Promise<CreateOutput> {
    return this.write('create', 'POST', path`/v1/qurls`, readCreate('create', input), options)
  }

  /**
   * Makes up to 100 links in one request. Some or all of them may fail: look at each entry of `results`, by its `index`.
   *
   * An answer that does not add up is refused; the links in it are in `error.data`.
   *
   * @throws {@link ValidationError} that names every problem of every item, before anything is sent.
   */
  async batchCreate(input: Given<BatchCreateInput>, options?: RequestOptions): Promise<BatchCreateOutput> {
    const items = readItems(input)
    const data = await this.write<BatchCreateOutput>(
      'batchCreate',
      'POST',
      path`/v1/qurls/batch`,
      { items },
      options,
      {
        accepts: (status, data) => status === 400 && isBatchData(data),
        check: (data, { status }) => findBatchProblem(data, items.length, status),
      },
    )
    const requestId = metaOf(data)?.requestId
    if (requestId !== undefined) data.request_id = requestId
    return completeBatch(data)
  }

  /** Reads a resource and its links, by a resource id or a link's `q_…` id. */
  async get(id: string, options?: ReadOptions): Promise<QURL> {
    return withTokens(await this.read(path`/v1/qurls/${id}`, options))
  }

  /** Reads one page of the resources. */
  list(input?: ListInput, options?: ReadOptions): PagePromise<ListOutput, QURL> {
    return this.readPage(listShape, () => path`/v1/qurls`, input, options)
  }

  /** Reads all resources. */
  listAll(input?: ListAllInput, options?: ReadOptions): AsyncGenerator<QURL, void, undefined> {
    return this.readAll(listShape, () => path`/v1/qurls`, input, options)
  }

  /** Changes a resource: its expiry, description or tags. */
  async update(id: string, input: Given<UpdateInput>, options?: RequestOptions): Promise<QURL> {
    const body = readFields('update', input, updateChecks, updateRules)
    return withTokens(await this.write('update', 'PATCH', path`/v1/qurls/${id}`, body, options))
  }

  /** Moves the expiry of a resource: the part of {@link Qurls.update} that most callers need. */
  async extend(id: string, input: ExtendInput, options?: RequestOptions): Promise<QURL> {
    const { extend_by, expires_at } = isRecord(input) ? input : ({} as Partial<ExtendInput>)
    const body = readFields(
      'extend',
      isRecord(input) ? { extend_by, expires_at } : input,
      expiryChecks,
      extendRules,
    )
    return withTokens(await this.write('extend', 'PATCH', path`/v1/qurls/${id}`, body, options))
  }

  /** Makes one more link to a resource. The link is shown once. */
  async mintLink(id: string, input: Given<MintInput> = {}, options?: RequestOptions): Promise<MintOutput> {
    const body = readFields('mintLink', input ?? {}, mintChecks, [atMostOne('expires_in', 'expires_at')])
    return this.write('mintLink', 'POST', path`/v1/qurls/${id}/mint_link`, body, options)
  }

  /** Revokes a resource and all its links. Takes resource ids only: a link's `q_…` id would name more than it says. */
  delete(id: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => {
      checkId('delete: the id', id, 'resource')
      return path`/v1/qurls/${id}`
    }, options)
  }

  /**
   * Opens a link for the caller's IP address. A link for one use is consumed by it.
   *
   * @throws {@link GoneError} `token_consumed` or `token_expired`.
   * @throws {@link ServerError} `knock_failed`, with outcome `unknown`: the link may have been consumed. It is not sent again.
   */
  async resolve(input: string | ResolveInput, options?: RequestOptions): Promise<ResolveOutput> {
    const access_token: unknown = isRecord(input) ? input.access_token : input
    const body = readFields('resolve', { access_token }, { access_token: isName() }, [
      required('access_token'),
    ])
    return this.write('resolve', 'POST', path`/v1/resolve`, body, options)
  }
}

/** At least one field. The expiry is a duration or a moment, not both: that is checked when the call is made. */
export interface UpdateInput extends ExpiryChange {
  /** At most 500 characters; an empty one clears it. */
  description?: string | undefined
  /** Replaces all tags; an empty array clears them. At most 10. */
  tags?: string[] | undefined
}

/** Exactly one of the two, which is checked when the call is made. */
export type ExtendInput = ExpiryChange

export const expiryChecks: Checks<ExpiryChange> = { extend_by: isName(), expires_at: isName() }

const updateChecks: Checks<UpdateInput> = { ...expiryChecks, description: isText(500), tags: isTags }
const updateRules = [
  atLeastOne('extend_by', 'expires_at', 'description', 'tags'),
  atMostOne('extend_by', 'expires_at'),
]
const extendRules = [atLeastOne('extend_by', 'expires_at'), atMostOne('extend_by', 'expires_at')]

export interface MintInput extends LinkOptions, Expiry {}

const mintChecks: Checks<MintInput> = { expires_in: isName(), expires_at: isName(), ...linkChecks }

/** One more link to a resource, which is shown once. */
export interface MintOutput {
  qurl_link: string
  qurl_id?: string
  branded_domain?: string
  expires_at?: string
  type?: ResourceType
}

/** The access token that `resolve` takes. */
export interface ResolveInput {
  access_token: string
}

/** What a link leads to, and for how long it is open. */
export interface ResolveOutput {
  target_url: string
  resource_id: string
  access_grant?: AccessGrant
}

/** How long, and for whom, a resource is open. */
export interface AccessGrant {
  /** Seconds. */
  expires_in: number
  granted_at: string
  src_ip: string
}
