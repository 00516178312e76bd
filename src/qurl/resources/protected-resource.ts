import type { RequestOptions } from '../call-options.js'
import type { CreatePortalOptions, Portal } from './portal.js'
import type { Resource } from './resources.js'

/** What makes portals: the client that a resource is bound to. */
export interface PortalMaker {
  createPortal(
    resource: ProtectedResource | string,
    options?: CreatePortalOptions,
    requestOptions?: RequestOptions,
  ): Promise<Portal>
}

/** A handle on a protected resource, bound to the client that made it. */
export class ProtectedResource {
  /** The CRID of the resource; its id, where no CRID is known. */
  readonly crid: string
  /** Where it leads, when that is known. */
  declare readonly targetUrl?: string
  /** What the service said of it, when it was asked. */
  declare readonly details?: Resource
  readonly #client: PortalMaker
  readonly #id: string

  /** Made by `protectUrl`, `resourceByCrid`, `resourceById`, `connectorResource` and `createPortalForUrl`. */
  constructor(
    client: PortalMaker,
    crid: string,
    targetUrl?: string,
    details?: Resource,
    id = details?.resource_id ?? crid,
  ) {
    this.#client = client
    this.#id = id
    this.crid = crid
    if (targetUrl !== undefined) this.targetUrl = targetUrl
    if (details !== undefined) this.details = details
  }

  /** The `resource_id` of the service, as in the official client 0.3; the CRID, where nothing else is known. */
  get id(): string {
    return this.#id
  }

  /** Whether a handle came from this client. A portal must be made with the credential that protects the resource. */
  static isBoundTo(resource: ProtectedResource, client: PortalMaker): boolean {
    return #client in resource && resource.#client === client
  }

  /** Makes a portal to this resource. */
  createPortal(options?: CreatePortalOptions, requestOptions?: RequestOptions): Promise<Portal> {
    return this.#client.createPortal(this, options, requestOptions)
  }
}
