// @ts-check
import { Problem } from './problem.mjs'

/** @param {object} value */
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @param {string} text */
function decode(text) {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw new Problem(400, 'invalid_request', 'The cursor cannot be read.')
  }
}

/** @param {URLSearchParams} query @param {number} fallback */
function readLimit(query, fallback) {
  const text = query.get('limit')
  if (text === null) return fallback
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    throw new Problem(400, 'invalid_request', 'limit must be an integer from 1 to 100.')
  }
  return limit
}

/**
 * Cuts one page. The cut comes first and `keep` afterwards, as in the real service: pages can be short or
 * even empty while `has_more` is true, and only `has_more` says where the end is.
 *
 * @template {Record<string, any>} T
 * @param {T[]} rows
 * @param {URLSearchParams} query
 * @param {{
 *   idOf: (row: T) => string,
 *   keep?: (row: T) => boolean,
 *   show?: (row: T) => object,
 *   limit?: number,
 *   scope?: string,
 *   onScopeChange?: 'refuse' | 'restart',
 * }} options
 * @returns {{ data: object[], meta: Record<string, any> }}
 */
export function cutPage(rows, query, options) {
  const { idOf, keep = () => true, show = (row) => row, scope = '', onScopeChange = 'refuse' } = options
  const limit = readLimit(query, options.limit ?? 20)
  const text = query.get('cursor')
  let from = 0
  if (text) {
    const cursor = decode(text)
    if (cursor.scope === scope) {
      const last = rows.findIndex((row) => idOf(row) === cursor.after)
      from = last === -1 ? cursor.at : last + 1
    } else if (onScopeChange === 'refuse') {
      throw new Problem(400, 'invalid_request', 'The cursor belongs to other filters.')
    }
  }
  const cut = rows.slice(from, from + limit)
  const last = cut.at(-1)
  const hasMore = from + limit < rows.length
  const data = cut.filter(keep).map(show)
  return {
    data,
    meta: {
      page_size: data.length,
      has_more: hasMore,
      ...(hasMore && last && { next_cursor: encode({ after: idOf(last), at: from + limit, scope }) }),
    },
  }
}
