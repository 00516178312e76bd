import type { Answer } from '../call.js'
import { isInteger } from '../checks.js'
import { isRecord } from '../validate.js'

/** What a delegated batch is named by. */
export const batchIdForm = /^dqb_[\w-]{22}$/
export const qurlIdForm = /^q_[0-9a-f]{11}$/
const strongEtag = /^"[\x21\x23-\x7e]*"$/

/** A batch that was accepted and is worked on. */
export interface DelegatedQurlBatchAccepted {
  http_status: 202
  batch_id: string
  status: 'queued'
  item_count: number
  submitted_at: string
  /** For `getDelegatedQurlBatch`: what has not changed since is not sent again. */
  etag: string
  /** Seconds to wait before the batch is read. */
  retry_after: number
  location: string
  request_id: string
}

/** What became of one grant. */
export type DelegatedQurlBatchItemResult =
  | {
      index: number
      status: 'succeeded'
      /** `qurl_link` is shown only for as long as the service keeps the batch. */
      qurl: { qurl_id: string; qurl_link: string; expires_at: string }
    }
  | { index: number; status: 'failed'; error: { code: string; message: string } }

interface BatchFacts {
  batch_id: string
  item_count: number
  submitted_at: string
  request_id: string
}

/** A batch as it stands. */
export type GetDelegatedQurlBatchOutput =
  | (BatchFacts & { http_status: 202; status: 'queued' | 'running'; etag: string; retry_after: number })
  | { http_status: 304; etag: string; retry_after?: number }
  | (BatchFacts & {
      http_status: 200
      status: 'succeeded' | 'partially_failed' | 'failed'
      completed_at: string
      results: DelegatedQurlBatchItemResult[]
      etag?: string
    })

export const isEtag = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 96 && strongEtag.test(value)

export const isTime = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) && !Number.isNaN(Date.parse(value))

const isCount = (value: unknown): value is number => isInteger(1)(value) === undefined

/** The wait in an answer, `undefined` when it names none between a second and an hour. */
export function readRetryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after') ?? ''
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0
  return seconds >= 1 && seconds <= 3600 ? seconds : undefined
}

/** Whether an answer that holds links may be kept by nobody on its way. */
export function isUncached(headers: Headers): boolean {
  const words = (headers.get('cache-control') ?? '').toLowerCase().split(',')
  const names = words.map((word) => word.split('=')[0]?.trim())
  return names.includes('private') && names.includes('no-store')
}

/** Whether a location names the batch under the base URL, and nothing else. */
export function isLocationOf(location: string, batchId: string, baseUrl: string): boolean {
  const base = new URL(baseUrl)
  let url: URL
  try {
    url = new URL(location, base)
  } catch {
    return false
  }
  const path = `/v1/delegated-qurl-batches/${batchId}`
  const prefix = base.pathname.replace(/\/+$/, '')
  return (
    url.origin === base.origin &&
    url.username === '' &&
    url.password === '' &&
    !/[?#]/.test(location) &&
    (url.pathname === path || url.pathname === prefix + path)
  )
}

/** Says what is wrong with an accepted batch, or nothing. */
export function findAcceptedProblem(
  { status, data, meta, envelope, baseUrl }: Answer,
  count: number,
): string | undefined {
  const { headers } = meta
  if (status !== 202) return '202 was expected'
  if (!isRecord(data)) return 'the answer has no data'
  const { batch_id: id } = data
  if (typeof id !== 'string' || !batchIdForm.test(id)) return 'batch_id is malformed'
  if (data['status'] !== 'queued') return 'status is not "queued"'
  if (data['item_count'] !== count) return 'item_count is not the number of grants'
  if (!isTime(data['submitted_at'])) return 'submitted_at is no time'
  if (envelope.request_id === undefined) return 'meta.request_id is missing'
  if (!isUncached(headers)) return 'Cache-Control does not keep the answer private'
  if (!isEtag(headers.get('etag'))) return 'ETag is missing or malformed'
  if (readRetryAfter(headers) === undefined) return 'Retry-After is missing or malformed'
  return isLocationOf(headers.get('location') ?? '', id, baseUrl)
    ? undefined
    : 'Location does not name the batch'
}

function findResultProblem(entry: unknown, at: number): string | undefined {
  if (!isRecord(entry) || entry['index'] !== at) return `results[${at}] is out of place`
  const { status, qurl, error } = entry
  if (status === 'failed') {
    const isTold = isRecord(error) && error['code'] !== '' && typeof error['code'] === 'string'
    return isTold && typeof error['message'] === 'string' && qurl == null
      ? undefined
      : `results[${at}] failed without a code and a message`
  }
  if (status !== 'succeeded' || !isRecord(qurl) || error != null)
    return `results[${at}] does not say what became of it`
  const { qurl_id: id, qurl_link: link, expires_at: expiresAt } = qurl
  if (typeof id !== 'string' || !qurlIdForm.test(id)) return `results[${at}] has no qurl_id`
  if (!isLink(link)) return `results[${at}] has no link`
  return isTime(expiresAt) ? undefined : `results[${at}] has no expires_at`
}

function isLink(link: unknown): boolean {
  try {
    const { protocol, username, password, hash } = new URL(link as string)
    return protocol === 'https:' && username === '' && password === '' && hash.length > 1
  } catch {
    return false
  }
}

function findResultsProblem({
  results,
  item_count: count,
  status,
}: Record<string, unknown>): string | undefined {
  if (!Array.isArray(results) || results.length !== count) return 'results does not hold every item'
  const problem = results.map(findResultProblem).find((found) => found !== undefined)
  if (problem !== undefined) return problem
  const links = (results as { qurl?: { qurl_id: string; qurl_link: string } }[]).flatMap(
    ({ qurl }) => qurl ?? [],
  )
  const isUnique = (names: string[]) => new Set(names).size === names.length
  if (!isUnique(links.map((one) => one.qurl_id)) || !isUnique(links.map((one) => one.qurl_link)))
    return 'results holds a link twice'
  const fitting = links.length === count ? 'succeeded' : links.length === 0 ? 'failed' : 'partially_failed'
  return status === fitting ? undefined : 'status does not fit the results'
}

/** Says what is wrong with a batch that was read, or nothing. */
export function findBatchStateProblem({ status, data, meta }: Answer, batchId: string): string | undefined {
  const { headers } = meta
  if (!isRecord(data)) return 'the answer has no data'
  if (data['batch_id'] !== batchId) return 'the answer is about another batch'
  if (!isCount(data['item_count'])) return 'item_count is no count'
  if (!isTime(data['submitted_at'])) return 'submitted_at is no time'
  if (status === 202) {
    if (data['status'] !== 'queued' && data['status'] !== 'running')
      return 'status is not one of a batch on its way'
    if (!isUncached(headers)) return 'Cache-Control does not keep the answer private'
    if (!isEtag(headers.get('etag'))) return 'ETag is missing or malformed'
    return readRetryAfter(headers) === undefined ? 'Retry-After is missing or malformed' : undefined
  }
  if (status !== 200) return '200 or 202 was expected'
  return isTime(data['completed_at']) ? findResultsProblem(data) : 'completed_at is no time'
}
