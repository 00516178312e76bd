import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { checkCrid } from '../crid/parse-crid.js'
import { copyMeta, refuseResult } from '../meta.js'
import { checkId, path } from '../path.js'
import { isName } from '../checks.js'
import type { Given } from '../types.js'
import { describeShape, invalid, isRecord } from '../validate.js'
import { readAccessToken } from './access-token.js'
import { onlyRow } from './connector-resources.js'
import type { CreateOutput } from './link.js'
import {
  findPortalIdentityProblem,
  portalBody,
  portalOf,
  readPortalUrl,
  type CreatePortalOptions,
  type Portal,
} from './portal.js'
import { ProtectedResource, type PortalMaker } from './protected-resource.js'
import type { Qurls } from './qurls.js'
import type { Resource, Resources } from './resources.js'

/** What these verbs use of the rest of the client. */
type Client = Pick<Qurls, 'create' | 'resolve'> & Pick<Resources, 'createResource' | 'listResources'>

/** An area as the whole client that it is part of. */
const clientOf = (area: Portals): Client => area as unknown as Client

/** The short way: protect a URL, make portals to it, enter them. */
export class Portals extends Area implements PortalMaker {
  /**
   * Protects a URL, or finds it protected already.
   *
   * @throws {@link ValidationError} for a URL that is not plain `http` or `https`; its text never shows the URL.
   */
  async protectUrl(
    targetUrl: string,
    options?: Given<ProtectUrlOptions>,
    requestOptions?: RequestOptions,
  ): Promise<ProtectedResource> {
    const target_url = readPortalUrl('protectUrl', targetUrl)
    const { customDomain: custom_domain, ...rest } = readProtectOptions(options)
    // The default is `url`, but not every version of the service assumes it.
    const input = { type: 'url', target_url, ...rest, custom_domain }
    const details = await clientOf(this).createResource(input, requestOptions)
    const id = readId(details, details)
    await refuseOther('protectUrl', details, details)
    return copyMeta(
      new ProtectedResource(this, details.crid ?? id, details.target_url ?? targetUrl, details),
      details,
    )
  }

  /** A handle on a resource whose CRID you know. Nothing is sent. */
  resourceByCrid(crid: string): ProtectedResource {
    checkId('resourceByCrid: the crid', crid, 'resource')
    return new ProtectedResource(this, checkCrid('resourceByCrid', crid))
  }

  /** A handle on a resource whose id you know, of whichever form. Nothing is sent. */
  resourceById(id: string): ProtectedResource {
    checkId('resourceById: the id', id, 'resource')
    return new ProtectedResource(this, id)
  }

  /**
   * Finds the resource of a connector, by its slug. `getConnectorResourceBySlug` does the same and checks more.
   *
   * @throws {@link NotFoundError} `resource_not_found` when it has none.
   * @throws {@link QURLError} `ambiguous_resource` when it has more than one.
   */
  async connectorResource(connectorId: string, options?: ReadOptions): Promise<ProtectedResource> {
    checkId('connectorResource: the connector id', connectorId, 'other')
    const page = await clientOf(this).listResources({ slug: connectorId }, options)
    const details = onlyRow(page.resources, page.request_id) as Resource
    // The slug is the identity; an older service shows it as the alias only.
    if (!isRecord(details) || (details.slug ?? details.alias) !== connectorId)
      throw refuseResult('connectorResource: the service answered with another one', page)
    const id = readId(details, page)
    return copyMeta(new ProtectedResource(this, details.crid ?? id, details.target_url, details), page)
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
    const id = resourceOrId instanceof ProtectedResource ? resourceOrId.crid : resourceOrId
    const body = portalBody('createPortal', options)
    const url = path`/v1/resources/${id}/qurls`
    const made = await this.write<CreateOutput>('createQurlForResource', 'POST', url, body, requestOptions)
    const portal = portalOf('createPortal', made)
    await refuseOther('createPortal', made, made, id)
    return copyMeta(portal, made)
  }

  /** Protects a URL and makes a portal to it, in one request. */
  async createPortalForUrl(
    targetUrl: string,
    options?: CreatePortalOptions,
    requestOptions?: RequestOptions,
  ): Promise<PortalForUrl> {
    const target_url = readPortalUrl('createPortalForUrl', targetUrl)
    const { target_path, ...body } = portalBody('createPortalForUrl', options)
    if (target_path !== undefined)
      throw invalid('createPortalForUrl: targetPath: is only for portals to an existing resource')
    const made = await clientOf(this).create({ target_url, ...body }, requestOptions)
    const portal = portalOf('createPortalForUrl', made)
    await refuseOther('createPortalForUrl', made, made)
    const resource = new ProtectedResource(this, portal.crid, targetUrl, undefined, portal.resourceId)
    return copyMeta({ portal: copyMeta(portal, made), resource }, made)
  }

  /** Enters a portal: opens its resource for the caller's IP address. Takes the link or the `at_…` token in it. */
  async enterPortal(linkOrToken: string, requestOptions?: RequestOptions): Promise<ResourceHandle> {
    const found = await clientOf(this).resolve(readAccessToken(linkOrToken), requestOptions)
    if (typeof found.target_url !== 'string' || found.target_url === '') {
      throw refuseResult('enterPortal: the answer has no target_url', found)
    }
    const handle: ResourceHandle = {
      resourceUrl: found.target_url,
      openSeconds: found.access_grant?.expires_in ?? 0,
      ...(found.resource_id ? { resourcePublicKey: found.resource_id, resourceId: found.resource_id } : {}),
    }
    return copyMeta(handle, found)
  }
}

/** Refuses an answer whose CRID is not the one of its public key, or not the one that was asked for. */
async function refuseOther(
  method: string,
  made: { readonly crid?: unknown; readonly resource_id?: unknown },
  result: object,
  asked?: string,
): Promise<void> {
  const problem = await findPortalIdentityProblem(made, asked)
  if (problem !== undefined) throw refuseResult(`${method}: ${problem}`, result)
}

/** The id of a resource that came with a result; without one there is no handle on it. */
function readId({ resource_id: id }: Resource, result: object): string {
  if (isName()(id) !== undefined || id.trim() === '')
    throw refuseResult('the answer has no resource_id', result)
  return id
}

/** What `protectUrl` takes beside the URL. */
export interface ProtectUrlOptions {
  /** At most 500 characters. */
  description?: string | undefined
  tags?: string[] | undefined
  customDomain?: string | undefined
  alias?: string | undefined
}

const protectOptionNames = ['description', 'tags', 'customDomain', 'alias']

/** The names are checked here; the values with the request they go into. */
function readProtectOptions(options: Given<ProtectUrlOptions> = {}): Given<ProtectUrlOptions> {
  if (!isRecord(options))
    throw invalid(`protectUrl: options must be an object (got ${describeShape(options)})`)
  const unknown = Object.keys(options).filter((name) => !protectOptionNames.includes(name))
  if (unknown.length > 0) throw invalid(`protectUrl: unknown option "${unknown.join('", "')}"`)
  return options
}

/** A new portal, and the resource that it leads to. */
export interface PortalForUrl {
  portal: Portal
  resource: ProtectedResource
}

/** A resource that is open to you. */
export interface ResourceHandle {
  resourceUrl: string
  /** How long it stays open, in seconds; 0 when the service does not say. */
  openSeconds: number
  /** The public key of the resource, which the wire calls `resource_id`. */
  resourcePublicKey?: string
  /** The same, under its name in the official client 0.3. */
  resourceId?: string
}
