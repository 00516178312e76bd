import { Area, rowsIn } from '../area.js'
import type { Answer } from '../call.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { needSubtle } from '../crid/key-digest.js'
import { checkCrid } from '../crid/parse-crid.js'
import {
  ERROR_CODE_AMBIGUOUS_RESOURCE,
  ERROR_CODE_CONNECTOR_RESOURCE_REVOKED,
  ERROR_CODE_RESOURCE_NOT_FOUND,
} from '../error-codes.js'
import { ConnectorResourceOutcomeUnknownError, NotFoundError } from '../errors.js'
import { mayHaveHappened } from '../may-have-happened.js'
import { copyMeta, keepFacts, keepMeta } from '../meta.js'
import { writeOperations } from '../operations.js'
import { path } from '../path.js'
import { QURLError } from '../qurl-error.js'
import { describeShape, invalid, isRecord } from '../validate.js'
import { idempotencyOf } from '../../ky/index.js'
import {
  ConnectorResource,
  findConnectorProblem,
  readConnector,
  slugForm,
  type Asked,
} from './connector-resource.js'
import type { PortalMaker } from './protected-resource.js'

/** The resources that connectors stand behind, by slug or CRID. */
export class ConnectorResources extends Area {
  /**
   * Makes the resource of a connector, or finds the one with its slug. A lost answer is sent again, as a repeat finds what the
   * first attempt made; with a bootstrap key, which works once, the repeat is refused and the outcome is unknown.
   *
   * @throws {@link ConnectorResourceOutcomeUnknownError} when it may have been made.
   */
  async ensureConnectorResource(
    slug: string,
    options?: RequestOptions,
  ): Promise<EnsureConnectorResourceResult> {
    checkSlug('ensureConnectorResource', slug)
    const subtle = needSubtle('ensureConnectorResource')
    const body = { type: 'tunnel', slug, find_or_create: true }
    const facts = writeOperations.ensureConnectorResource
    const send = async () => {
      const answer = await this.exchange({
        method: 'POST',
        path: path`/v1/resources`,
        body,
        options,
        ...facts,
      })
      if (answer.status !== 201) throw answer.refuse('201 was expected', answer.status)
      const foundExisting = answer.envelope.found_existing ?? undefined
      if (foundExisting !== undefined && typeof foundExisting !== 'boolean')
        throw answer.refuse('meta.found_existing is no boolean')
      return {
        answer,
        foundExisting,
        resource: await readConnectorResource(this, subtle, answer, answer.data, { slug }),
      }
    }
    const { answer, foundExisting, resource } = await send().catch(asUnknown('ensureConnectorResource'))
    // The resource is known to be there.
    if (foundExisting === undefined) throw answer.refuse('meta.found_existing is missing')
    return keepMeta({ resource, foundExisting }, answer)
  }

  /**
   * Reads the resource of a connector by its CRID.
   *
   * @throws {@link NotFoundError} when there is none.
   * @throws {@link QURLError} `connector_resource_revoked` when it was revoked.
   */
  async getConnectorResource(crid: string, options?: ReadOptions): Promise<ConnectorResource> {
    const url = path`/v1/resources/${crid}`
    checkCrid('getConnectorResource', crid)
    const subtle = needSubtle('getConnectorResource')
    const answer = await this.exchange({ method: 'GET', path: url, options })
    const row = isRecord(answer.data) ? answer.data['resource'] : undefined
    if (isRecord(row) && row['status'] === 'revoked') {
      throw new QURLError({
        status: 0,
        code: ERROR_CODE_CONNECTOR_RESOURCE_REVOKED,
        title: 'Connector resource revoked',
        detail: 'the connector resource has been revoked',
        request_id: answer.meta.requestId,
      })
    }
    return readConnectorResource(this, subtle, answer, row, { crid })
  }

  /**
   * Finds the resource of a connector by its slug.
   *
   * @throws {@link NotFoundError} `resource_not_found` when it has none.
   * @throws {@link QURLError} `ambiguous_resource` when it has more than one.
   */
  async getConnectorResourceBySlug(slug: string, options?: ReadOptions): Promise<ConnectorResource> {
    checkSlug('getConnectorResourceBySlug', slug)
    const subtle = needSubtle('getConnectorResourceBySlug')
    const answer = await this.exchange({ method: 'GET', path: path`/v1/resources`, query: { slug }, options })
    const row = onlyRow(rowsIn(answer), answer.meta.requestId)
    return readConnectorResource(this, subtle, answer, row, { slug })
  }

  /**
   * Revokes the resource of a connector.
   *
   * @throws {@link ConnectorResourceOutcomeUnknownError} when it may have been done.
   */
  deleteConnectorResource(crid: string, options?: ReadOptions): Promise<void> {
    const makePath = () => path`/v1/resources/${checkCrid('deleteConnectorResource', crid)}`
    const deletion = this.remove(makePath, options)
    const settled: Promise<void> = deletion
      .catch(asUnknown('deleteConnectorResource'))
      .then(() => void copyMeta(settled, deletion))
    return settled
  }
}

async function readConnectorResource(
  area: ConnectorResources,
  subtle: SubtleCrypto,
  answer: Answer,
  row: unknown,
  asked: Asked,
): Promise<ConnectorResource> {
  const problem = await findConnectorProblem(subtle, row, asked)
  if (problem !== undefined) throw answer.refuse(problem)
  // An area is part of the whole client.
  const client = area as unknown as PortalMaker
  const resource = new ConnectorResource(client, readConnector(row as Record<string, unknown>))
  return keepMeta(resource, answer)
}

const isRefusal = ({ status, code }: QURLError): boolean =>
  status >= 400 && status < 500 && code !== 'bootstrap_key_consumed'

const advice = {
  ensureConnectorResource:
    'look with getConnectorResourceBySlug, or call again, which finds what is there; a bootstrap key may be used up',
  deleteConnectorResource: 'call again; an answer that it is gone already (404 or 410) means that it is done',
} as const

/** Throws a failure on, as one of unknown outcome unless it says that nothing was done. */
const asUnknown =
  (method: keyof typeof advice) =>
  (error: unknown): never => {
    if (!mayHaveHappened(error, isRefusal)) throw error
    const detail = `${method}: it may have been done; ${advice[method]}`
    const unknown = new ConnectorResourceOutcomeUnknownError(error, detail)
    const facts = idempotencyOf(error)
    throw keepFacts(unknown, facts && { ...facts, outcome: 'unknown' })
  }

/** What `ensureConnectorResource` found or made. */
export interface EnsureConnectorResourceResult {
  readonly resource: ConnectorResource
  /** The resource was there before. */
  readonly foundExisting: boolean
}

function checkSlug(method: string, slug: unknown): void {
  if (typeof slug === 'string' && slugForm.test(slug)) return
  const shape = typeof slug === 'string' ? 'another text' : describeShape(slug)
  throw invalid(
    `${method}: slug: must be 3 to 64 lower-case letters, digits and dashes, starting with a letter (got ${shape})`,
  )
}

/** The one row of a look-up. */
export function onlyRow(rows: readonly unknown[], requestId: string | undefined): unknown {
  const lookUp = { status: 0, request_id: requestId }
  if (rows.length === 0) {
    throw new NotFoundError({
      ...lookUp,
      code: ERROR_CODE_RESOURCE_NOT_FOUND,
      title: 'Resource not found',
      detail: 'the connector has no resource',
    })
  }
  if (rows.length > 1) {
    throw new QURLError({
      ...lookUp,
      code: ERROR_CODE_AMBIGUOUS_RESOURCE,
      title: 'Ambiguous resource',
      detail: 'the connector has more than one resource',
    })
  }
  return rows[0]
}
