import { describeShape, invalid, isRecord, readFields, required } from '../validate.js'
import { inspectCreate, type CreateInput } from './link.js'

export interface BatchCreateInput {
  /** 1 to 100. */
  items: readonly CreateInput[]
}

export interface BatchItemSuccess {
  index: number
  success: true
  resource_id: string
  qurl_link: string
  qurl_site: string
  branded_domain?: string
  expires_at?: string
}

export interface BatchItemFailure {
  index: number
  success: false
  error: { code: string; message: string }
}

export type BatchItemResult = BatchItemSuccess | BatchItemFailure

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
export function readItems(input: BatchCreateInput): Record<string, unknown>[] {
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

/**
 * Tells what is wrong with a batch's result, or nothing: a result that does not add up must not pass for one, for the caller
 * could take a failed item for a made one. The text never shows an entry's values.
 */
export function findBatchProblem(data: unknown, itemCount: number): string | undefined {
  if (!isRecord(data)) return 'the result is not an object'
  const { succeeded, failed, results } = data
  if (!isCount(succeeded) || !isCount(failed)) return 'succeeded and failed must be counts'
  if (!Array.isArray(results)) return 'results must be an array'
  if (results.length !== itemCount || succeeded + failed !== itemCount) {
    return `${itemCount} items were sent, but ${succeeded} succeeded, ${failed} failed and ${results.length} are listed`
  }
  const seen = new Set<number>()
  let successes = 0
  for (const [position, entry] of results.entries()) {
    const at = `results[${position}]`
    if (!isRecord(entry)) return `${at} is not an object`
    const { index, success, error } = entry
    if (!isCount(index) || index >= itemCount) return `${at} has no index of an item`
    if (seen.has(index)) return `${at} repeats an index`
    seen.add(index)
    if (success === true) {
      successes++
      const missing = ['resource_id', 'qurl_link', 'qurl_site'].filter(
        (name) => typeof entry[name] !== 'string',
      )
      if (missing.length > 0) return `${at} lacks ${missing.join(', ')}`
    } else if (success === false) {
      if (!isRecord(error) || typeof error['code'] !== 'string' || typeof error['message'] !== 'string') {
        return `${at} failed without a code and a message`
      }
    } else return `${at} does not say whether it succeeded`
  }
  return successes === succeeded ? undefined : 'the counts do not fit the entries'
}
