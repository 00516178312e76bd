import { Area } from '../area.js'
import {
  ERROR_CODE_AMBIGUOUS_RESOURCE,
  ERROR_CODE_RESOURCE_NOT_FOUND,
  NotFoundError,
  QURLError,
} from '../errors.js'
import { copyMeta, refuseResult } from '../meta.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { path } from '../path.js'
import { describeShape, invalid, isName, isRecord } from '../validate.js'
import { readAccessToken } from './access-token.js'
import { portalBody, portalOf, readPortalUrl, type CreatePortalOptions, type Portal } from './portal.js'
import { ProtectedResource, type PortalMaker } from './protected-resource.js'
import type { CreateInput, CreateOutput } from './link.js'
import type { Qurls } from './qurls.js'
import type { CreateResourceInput, Resource, Resources } from './resources.js'

/** What these verbs use of the rest of the client. */
type Client = Portals &
  Pick<Qurls, 'create' | 'resolve'> &
  Pick<Resources, 'createResource' | 'listResources'>

/** The short way: protect a URL, make portals to it, enter them. */
export class Portals extends Area implements PortalMaker {
  /**
   * Protects a URL, or finds it protected already.
   *
   * @throws {@link ValidationError} for a URL that is not plain `http` or `https`; its text never shows the URL.
   */
  async protectUrl(
    this: Client,
    targetUrl: string,
    options?: ProtectUrlOptions,
    requestOptions?: RequestOptions,
  ): Promise<ProtectedResource> {
    const target_url = readPortalUrl('protectUrl', targetUrl)
    const { customDomain: custom_domain, ...rest } = readProtectOptions(options)
    // The default is `url`, but not every version of the service assumes it.
    const input = { type: 'url', target_url, ...rest, custom_domain } as CreateResourceInput
    const details = await this.createResource(input, requestOptions)
    return copyMeta(
      new ProtectedResource(this, readId(details, details), details.target_url ?? targetUrl, details),
      details,
    )
  }

  /** A handle on a resource whose id you know. Nothing is sent. */
  resourceById(id: string): ProtectedResource {
    path`${id}` // refuses what cannot be an id
    return new ProtectedResource(this, id)
  }

  /**
   * Finds the resource of a connector.
   *
   * @throws {@link NotFoundError} `resource_not_found` when it has none.
   * @throws {@link QURLError} `ambiguous_resource` when it has more than one.
   */
  async connectorResource(
    this: Client,
    connectorId: string,
    options?: ReadOptions,
  ): Promise<ProtectedResource> {
    path`${connectorId}`
    const page = await this.listResources({ slug: connectorId }, options)
    const [details, second] = page.resources
    const lookUp = { status: 0, request_id: page.request_id }
    if (details === undefined) {
      const detail = 'the connector has no resource'
      throw new NotFoundError({
        ...lookUp,
        code: ERROR_CODE_RESOURCE_NOT_FOUND,
        title: 'Resource not found',
        detail,
      })
    }
    if (second !== undefined) {
      const detail = 'the connector has more than one resource'
      throw new QURLError({
        ...lookUp,
        code: ERROR_CODE_AMBIGUOUS_RESOURCE,
        title: 'Ambiguous resource',
        detail,
      })
    }
    // The slug is the identity; an older service shows it as the alias only.
    if ((details.slug ?? details.alias) !== connectorId)
      throw refuseResult('connectorResource: the service answered with another one', page)
    return copyMeta(new ProtectedResource(this, readId(details, page), details.target_url, details), page)
  }

  /** Makes a portal: a link to a resource. */
  async createPortal(
    resourceOrId: ProtectedResource | string,
    options?: CreatePortalOptions,
    requestOptions?: RequestOptions,
  ): Promise<Portal> {
    if (resourceOrId instanceof ProtectedResource && !ProtectedResource.isBoundTo(resourceOrId, this)) {
      throw invalid('createPortal: the resource is bound to a different client')
    }
    const id = resourceOrId instanceof ProtectedResource ? resourceOrId.id : resourceOrId
    const body = portalBody('createPortal', options)
    const url = path`/v1/resources/${id}/qurls`
    const made = await this.write<CreateOutput>('createQurlForResource', 'POST', url, body, requestOptions)
    return copyMeta(portalOf('createPortal', made), made)
  }

  /** Protects a URL and makes a portal to it, in one request. */
  async createPortalForUrl(
    this: Client,
    targetUrl: string,
    options?: CreatePortalOptions,
    requestOptions?: RequestOptions,
  ): Promise<PortalForUrl> {
    const target_url = readPortalUrl('createPortalForUrl', targetUrl)
    const body = { target_url, ...portalBody('createPortalForUrl', options) } as CreateInput
    const made = await this.create(body, requestOptions)
    const portal = copyMeta(portalOf('createPortalForUrl', made), made)
    return copyMeta({ portal, resource: new ProtectedResource(this, portal.resourceId, targetUrl) }, made)
  }

  /** Enters a portal: opens its resource for the caller's IP address. Takes the link or the `at_…` token in it. */
  async enterPortal(
    this: Client,
    linkOrToken: string,
    requestOptions?: RequestOptions,
  ): Promise<ResourceHandle> {
    const found = await this.resolve(readAccessToken(linkOrToken), requestOptions)
    if (typeof found.target_url !== 'string' || found.target_url === '') {
      throw refuseResult('enterPortal: the answer has no target_url', found)
    }
    const handle: ResourceHandle = {
      resourceUrl: found.target_url,
      openSeconds: found.access_grant?.expires_in ?? 0,
      ...(found.resource_id ? { resourceId: found.resource_id } : {}),
    }
    return copyMeta(handle, found)
  }
}

/** The id of a resource that came with a result; without one there is no handle on it. */
function readId({ resource_id: id }: Resource, result: object): string {
  if (isName()(id) !== undefined || id.trim() === '')
    throw refuseResult('the answer has no resource_id', result)
  return id
}

export interface ProtectUrlOptions {
  /** At most 500 characters. */
  description?: string
  tags?: readonly string[]
  customDomain?: string
  alias?: string
}

const protectOptionNames = ['description', 'tags', 'customDomain', 'alias']

/** The names are checked here; the values with the request they go into. */
function readProtectOptions(options: ProtectUrlOptions = {}): ProtectUrlOptions {
  if (!isRecord(options))
    throw invalid(`protectUrl: options must be an object (got ${describeShape(options)})`)
  const unknown = Object.keys(options).filter((name) => !protectOptionNames.includes(name))
  if (unknown.length > 0) throw invalid(`protectUrl: unknown option "${unknown.join('", "')}"`)
  return options
}

export interface PortalForUrl {
  portal: Portal
  resource: ProtectedResource
}

/** A resource that is open to you. */
export interface ResourceHandle {
  resourceUrl: string
  /** How long it stays open, in seconds; 0 when the service does not say. */
  openSeconds: number
  resourceId?: string
}
