import { isRecord } from '../validate.js'

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
