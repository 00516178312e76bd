import type { Answer } from '../call.js'
import { isRecord } from '../validate.js'
import {
  batchIdForm,
  findBatchStateProblem,
  isEtag,
  isUncached,
  readRetryAfter,
  type DelegatedQurlBatchAccepted,
  type DelegatedQurlBatchItemResult,
  type GetDelegatedQurlBatchOutput,
} from './delegated-answer.js'

/** The id of the batch that an answer names, whatever else is wrong with it. */
export function readBatchId(data: unknown): string | undefined {
  const id = isRecord(data) ? data['batch_id'] : undefined
  return typeof id === 'string' && batchIdForm.test(id) ? id : undefined
}

/** The accepted batch in an answer that nothing is wrong with. */
export function acceptedOf({ data, meta, envelope, baseUrl }: Answer): DelegatedQurlBatchAccepted {
  const { batch_id, item_count, submitted_at } = data as DelegatedQurlBatchAccepted
  const { headers } = meta
  return {
    http_status: 202,
    batch_id,
    status: 'queued',
    item_count,
    submitted_at,
    etag: headers.get('etag') ?? '',
    retry_after: readRetryAfter(headers) ?? 0,
    location: absolute(headers.get('location') ?? '', baseUrl),
    request_id: envelope.request_id ?? '',
  }
}

/** A location under the base URL, whose path prefix a relative one may leave out. */
function absolute(location: string, baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl)
  const isBare = location.startsWith('/v1/') && pathname !== '/'
  return new URL(isBare ? pathname + location : location, origin).href
}

/**
 * The batch in an answer.
 *
 * @throws {@link ValidationError} for an answer that is not as documented.
 */
export function readBatch(
  answer: Answer,
  batchId: string,
  asked: string | undefined,
): GetDelegatedQurlBatchOutput {
  const { status, data, meta, refuse, note } = answer
  const etag = meta.headers.get('etag')
  const retryAfter = readRetryAfter(meta.headers)
  if (status === 304) {
    if (etag !== asked || !isEtag(etag)) throw refuse('the ETag of a 304 is another one', status)
    if (meta.headers.has('cache-control') && !isUncached(meta.headers))
      throw refuse('Cache-Control does not keep the answer private', status)
    return { http_status: 304, etag, ...(retryAfter === undefined ? {} : { retry_after: retryAfter }) }
  }
  const problem = findBatchStateProblem(answer, batchId)
  if (problem !== undefined) throw refuse(problem, status)
  const found = data as GetDelegatedQurlBatchOutput & { http_status: 200 | 202 }
  const { batch_id, item_count, submitted_at } = found
  const facts = {
    batch_id,
    item_count,
    submitted_at,
    request_id: meta.requestId ?? '',
  }
  if (status === 202) {
    const { status: state } = found as GetDelegatedQurlBatchOutput & { http_status: 202 }
    return { http_status: 202, ...facts, status: state, etag: etag ?? '', retry_after: retryAfter ?? 0 }
  }
  const { status: state, completed_at, results } = found as GetDelegatedQurlBatchOutput & { http_status: 200 }
  // The links are shown once, so they are not lost for a header.
  if (!isEtag(etag)) note('the ETag of a finished batch is missing or malformed')
  if (!isUncached(meta.headers)) note('Cache-Control does not keep a finished batch private')
  return {
    http_status: 200,
    ...facts,
    status: state,
    completed_at,
    results: results.map(readResult),
    ...(isEtag(etag) ? { etag } : {}),
  }
}

/** One result with its own fields and no others. */
function readResult(entry: DelegatedQurlBatchItemResult): DelegatedQurlBatchItemResult {
  const { index } = entry
  if (entry.status === 'failed') {
    const { code, message } = entry.error
    return { index, status: 'failed', error: { code, message } }
  }
  const { qurl_id, qurl_link, expires_at } = entry.qurl
  return { index, status: 'succeeded', qurl: { qurl_id, qurl_link, expires_at } }
}
