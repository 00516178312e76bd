import { checkCrid } from '../crid/parse-crid.js'
import { Area, dataOf } from '../area.js'
import type { Answer } from '../call.js'
import type { RequestOptions } from '../call-options.js'
import { keepMeta } from '../meta.js'
import { writeOperations } from '../operations.js'
import { path } from '../path.js'
import { isInteger } from '../checks.js'
import { describeShape, isRecord, readFields } from '../validate.js'
import { ShareLink } from './share-link.js'

/** Temporary links to resources that are known by their CRID. */
export class Sharing extends Area {
  /**
   * Makes a temporary link to a resource, by its CRID. Every call makes another one, so a lost answer is not sent again.
   * `revokeResourceQurl(crid, link.qurlId)` takes it back.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   *
   * @throws {@link ServerError} with status 503 where the service has temporary links turned off.
   */
  async shareResource(
    crid: string,
    options: ShareResourceOptions = {},
    requestOptions?: RequestOptions,
  ): Promise<ShareLink> {
    const url = path`/v1/resources/${crid}/share`
    checkCrid('shareResource', crid)
    const { ttlSeconds } = readFields('shareResource', options ?? {}, { ttlSeconds: isInteger(1) })
    const body = ttlSeconds === undefined ? {} : { ttl_seconds: ttlSeconds }
    const facts = writeOperations.shareResource
    const answer = await this.exchange({ method: 'POST', path: url, body, options: requestOptions, ...facts })
    return readShareLink(answer, crid)
  }
}

/** Options of `shareResource`. */
export interface ShareResourceOptions {
  /** How long the link works, in seconds, at least 1. @defaultValue what the service chooses */
  ttlSeconds?: number | undefined
}

const isPlainText = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.trim() === value

function findLinkProblem(data: unknown, crid: string): string | undefined {
  if (!isRecord(data)) return `the data is no object (got ${describeShape(data)})`
  if (typeof data['qurl'] !== 'string' || data['qurl'].trim() === '') return 'the answer has no qurl'
  if (data['crid'] !== crid) return 'the answer is about another crid'
  for (const name of ['qurl_id', 'type']) {
    if (data[name] != null && !isPlainText(data[name])) return `${name} is no plain text`
  }
  const { expires_at: expiresAt, expires_in_seconds: seconds, single_use: singleUse } = data
  if (expiresAt != null && (typeof expiresAt !== 'string' || Number.isNaN(Date.parse(expiresAt))))
    return 'expires_at is no time'
  if (seconds != null && isInteger(0)(seconds) !== undefined) return 'expires_in_seconds is no count'
  return singleUse == null || typeof singleUse === 'boolean' ? undefined : 'single_use is no boolean'
}

function readShareLink(answer: Answer, crid: string): ShareLink {
  const data = dataOf<Record<string, unknown>>(answer, (found) => findLinkProblem(found, crid))
  const expiresAt = data['expires_at'] as string | null | undefined
  const link = new ShareLink({
    link: (data['qurl'] as string).trim(),
    crid,
    qurlId: (data['qurl_id'] ?? undefined) as string | undefined,
    type: (data['type'] ?? undefined) as string | undefined,
    expiresAt: expiresAt == null ? undefined : new Date(expiresAt),
    expiresInSeconds: (data['expires_in_seconds'] ?? undefined) as number | undefined,
    singleUse: (data['single_use'] ?? undefined) as boolean | undefined,
  })
  Object.freeze(keepMeta(link, answer))
  return link
}
