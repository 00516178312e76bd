import { required } from '../checks.js'
import { describeShape, invalid, isRecord, readFields } from '../validate.js'
import { inspectCreate, type CreateInput } from './link.js'

/** What `batchCreate` takes: up to 100 links. */
export interface BatchCreateInput {
  /** 1 to 100. */
  items: CreateInput[]
}

/** A link of a batch that was made. */
export interface BatchItemSuccess {
  index: number
  success: true
  resource_id: string
  /** The public name of the resource. */
  crid?: string
  qurl_link: string
  qurl_site: string
  branded_domain?: string
  expires_at?: string
}

/** A link of a batch that was not made. */
export interface BatchItemFailure {
  index: number
  success: false
  /** An item that was not tried, because another one was wrong, has the code `skipped` where the service gives none. */
  error: { code: string; message: string }
}

/** What became of one link of a batch. */
export type BatchItemResult = BatchItemSuccess | BatchItemFailure

/** What became of each link of a batch. */
export interface BatchCreateOutput {
  succeeded: number
  failed: number
  /** In no certain order: `index` tells which item an entry is about. */
  results: BatchItemResult[]
  request_id?: string
}

/**
 * Looks at all items before it refuses any.
 *
 * @throws {@link ValidationError} that names every problem of every item.
 */
export function readItems(input: unknown): Record<string, unknown>[] {
  const { items } = readFields('batchCreate', input, { items: () => undefined }, [required('items')])
  if (!Array.isArray(items))
    throw invalid(`batchCreate: items: must be an array (got ${describeShape(items)})`)
  if (items.length < 1 || items.length > 100)
    throw invalid(`batchCreate: items: must hold 1 to 100 (got ${items.length})`)
  const found = items.map(inspectCreate)
  const problems = found.flatMap(({ problems }, index) =>
    problems.length > 0 ? [`items[${index}]: ${problems.join('; ')}`] : [],
  )
  if (problems.length > 0) throw invalid(`batchCreate: ${problems.join(' | ')}`)
  return found.map(({ fields }) => fields)
}

/** Whether an answer is a batch's result at all; the service answers 400 with one when every item failed. */
export const isBatchData = (data: unknown): boolean => isRecord(data) && Array.isArray(data['results'])

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0

const skipped = { code: 'skipped', message: 'not tried, because another item of the batch was refused' }

/** Gives the entries without an error, which were skipped, one to read. */
export function completeBatch(data: BatchCreateOutput): BatchCreateOutput {
  for (const entry of data.results) {
    if (!entry.success && (entry.error as unknown) == null) entry.error = { ...skipped }
  }
  return data
}

/** What was found in the entries of a batch's result. */
interface Tally {
  succeeded: number
  failed: number
  /** Failed without an error: not tried. The service does not say whether `failed` counts these. */
  skipped: number
}

const needed = ['resource_id', 'qurl_link', 'qurl_site']

function findEntryProblem(
  entry: unknown,
  at: string,
  itemCount: number,
  seen: Set<number>,
  tally: Tally,
): string | undefined {
  if (!isRecord(entry)) return `${at} is not an object`
  const { index, success, error } = entry
  if (!isCount(index) || index >= itemCount) return `${at} has no index of an item`
  if (seen.has(index)) return `${at} repeats an index`
  seen.add(index)
  if (success === true) {
    tally.succeeded += 1
    const missing = needed.filter((name) => typeof entry[name] !== 'string')
    return missing.length > 0 ? `${at} lacks ${missing.join(', ')}` : undefined
  }
  if (success !== false) return `${at} does not say whether it succeeded`
  if (error == null) {
    tally.skipped += 1
    return undefined
  }
  tally.failed += 1
  return isRecord(error) && typeof error['code'] === 'string' && typeof error['message'] === 'string'
    ? undefined
    : `${at} failed without a code and a message`
}

/**
 * Tells what is wrong with a batch's result, or nothing: a result that does not add up must not pass for one, for the caller
 * could take a failed item for a made one. The text never shows an entry's values.
 *
 * @param status - 400 says that no item was made: the entries then need not be complete.
 */
export function findBatchProblem(data: unknown, itemCount: number, status: number): string | undefined {
  if (!isRecord(data)) return 'the result is not an object'
  const { succeeded, failed, results } = data
  if (!isCount(succeeded) || !isCount(failed)) return 'succeeded and failed must be counts'
  if (!Array.isArray(results)) return 'results must be an array'
  const seen = new Set<number>()
  const tally: Tally = { succeeded: 0, failed: 0, skipped: 0 }
  for (const [position, entry] of results.entries()) {
    const problem = findEntryProblem(entry, `results[${position}]`, itemCount, seen, tally)
    if (problem !== undefined) return problem
  }
  if (status === 400 && succeeded === 0 && tally.succeeded === 0) return undefined
  if (results.length !== itemCount)
    return `${itemCount} items were sent, but ${results.length} are listed (${succeeded} succeeded, ${failed} failed)`
  const fits =
    succeeded === tally.succeeded && failed >= tally.failed && failed <= tally.failed + tally.skipped
  return fits ? undefined : `the counts do not fit the entries (${succeeded} succeeded, ${failed} failed)`
}
