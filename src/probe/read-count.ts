import { readField } from '../contract/json-field.js'

const numberFields = ['total', 'count', 'total_count', 'totalCount', 'size']
const listFields = ['data', 'items', 'results', 'resources', 'records', 'value', 'list']
const nextFields = ['has_more', 'hasMore', 'next', 'next_cursor', 'nextCursor', 'next_page', 'nextPageToken']

/**
 * How many things a list says that there are.
 *
 * @throws `TypeError` when it does not say, or when it is one page of several: a page stays full however many are added.
 */
export function readCount(json: unknown, headers: Headers): number {
  const total = headers.get('x-total-count')
  if (total !== null && /^\d+$/.test(total)) return Number(total)
  if (typeof json === 'number' && Number.isInteger(json)) return json
  if (Array.isArray(json)) return json.length
  for (const name of numberFields) {
    const value = readField(json, name)
    if (typeof value === 'number' && Number.isInteger(value)) return value
  }
  if (nextFields.some((name) => Boolean(readField(json, name))))
    throw new TypeError('count: the list has a further page and no total; ask for a longer page or a total')
  for (const name of listFields) {
    const value = readField(json, name)
    if (Array.isArray(value)) return value.length
  }
  throw new TypeError(
    `count: the answer is no number, no list, and has none of ${[...numberFields, ...listFields].join(', ')}`,
  )
}
