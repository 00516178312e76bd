import { findIdentityProblem } from '../crid/key-digest.js'
import type { RequestOptions } from '../call-options.js'
import { isRecord } from '../validate.js'
import type { CreatePortalOptions, Portal } from './portal.js'
import type { PortalMaker } from './protected-resource.js'

/** A connector's name in its resource: 3 to 64 lower-case letters, digits and dashes. */
export const slugForm = /^[a-z][a-z0-9-]{1,62}[a-z0-9]$/
const routingIdForm = /^c-[a-z2-7]{51}[aq]$/

/** What the service says of a connector's resource, once it was checked. */
export interface ConnectorFacts {
  readonly crid: string
  readonly resourcePublicKey: string
  readonly connectorRoutingId: string
  readonly knockResourceId: string
  readonly slug: string
  readonly alias: string | undefined
}

/** A connector's resource, bound to the client that found it. Only the client's methods make one. */
export class ConnectorResource {
  /** The public name of the resource. */
  readonly crid: string
  readonly resourcePublicKey: string
  readonly connectorRoutingId: string
  readonly knockResourceId: string
  /** The connector's name. */
  readonly slug: string
  declare readonly alias?: string
  readonly #client: PortalMaker

  constructor(client: PortalMaker, facts: ConnectorFacts) {
    this.#client = client
    this.crid = facts.crid
    this.resourcePublicKey = facts.resourcePublicKey
    this.connectorRoutingId = facts.connectorRoutingId
    this.knockResourceId = facts.knockResourceId
    this.slug = facts.slug
    if (facts.alias !== undefined) this.alias = facts.alias
  }

  /** Makes a portal to this resource. */
  createPortal(options?: CreatePortalOptions, requestOptions?: RequestOptions): Promise<Portal> {
    return this.#client.createPortal(this.crid, options, requestOptions)
  }
}

/** What the caller asked for: the answer must be about the same. */
export interface Asked {
  readonly crid?: string
  readonly slug?: string
}

const plainText = /^\P{Cc}+$/u

const isKnockId = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() === value && plainText.test(value)

/**
 * Says what is wrong with a connector's resource, or nothing. Its fields decide where traffic goes, so an answer that is not
 * whole, or is about another resource, must not pass.
 */
export async function findConnectorProblem(
  subtle: SubtleCrypto,
  row: unknown,
  asked: Asked,
): Promise<string | undefined> {
  if (!isRecord(row)) return 'the answer holds no resource'
  const {
    crid,
    resource_id: id,
    connector_routing_id: routingId,
    knock_resource_id: knockId,
    slug,
    alias,
  } = row
  const identity = await findIdentityProblem(subtle, crid, id)
  if (identity !== undefined) return identity
  if (asked.crid !== undefined && crid !== asked.crid) return 'the answer is about another crid'
  if (typeof routingId !== 'string' || !routingIdForm.test(routingId))
    return 'connector_routing_id is malformed'
  if (!isKnockId(knockId)) return 'knock_resource_id is malformed'
  if (knockId === id || knockId === routingId) return 'knock_resource_id names something else'
  if (row['type'] !== 'tunnel') return 'the resource is no tunnel'
  if (typeof slug !== 'string' || !slugForm.test(slug)) return 'slug is malformed'
  if (asked.slug !== undefined && slug !== asked.slug) return 'the answer is about another slug'
  if (alias != null && (typeof alias !== 'string' || !slugForm.test(alias))) return 'alias is malformed'
  return row['status'] === 'active' ? undefined : 'the resource is not active'
}

/** The facts in a row that {@link findConnectorProblem} found nothing wrong with. */
export function readConnector(row: Record<string, unknown>): ConnectorFacts {
  return {
    crid: row['crid'] as string,
    resourcePublicKey: row['resource_id'] as string,
    connectorRoutingId: row['connector_routing_id'] as string,
    knockResourceId: row['knock_resource_id'] as string,
    slug: row['slug'] as string,
    alias: (row['alias'] ?? undefined) as string | undefined,
  }
}
