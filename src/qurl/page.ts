import { unexpected } from './validate.js'

/** What every paged list tells beside its rows. */
export interface PaginatedOutput {
  /** Whether there is more; a page may be short or empty although there is. */
  has_more: boolean
  next_cursor?: string
  page_size?: number
  request_id?: string
}

/** What a list without pages tells beside its rows. */
export interface UnpaginatedOutput {
  has_more: false
  page_size?: number
  request_id?: string
}

const maxPages = 10_000

/**
 * Reads a list row by row, page after page, until the service says that there is no more. A page without rows is no end.
 *
 * @throws {@link ValidationError} (`unexpected_response`) when the service says that there is more but gives no cursor or one
 * that it gave before: stopping there would pass a part for the whole.
 * @throws the signal's reason when the caller ends it between two pages.
 */
export async function* readAllPages<P extends PaginatedOutput, T>(
  method: string,
  readPage: (cursor: string | undefined) => Promise<P>,
  rowsOf: (page: P) => readonly T[],
  signal?: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let count = 0; count < maxPages; count++) {
    signal?.throwIfAborted()
    const page = await readPage(cursor)
    yield* rowsOf(page)
    if (!page.has_more) return
    cursor = page.next_cursor
    if (cursor === undefined || cursor === '') {
      throw unexpected(`${method}: the service says that there are more pages but gives no cursor`)
    }
    if (seen.has(cursor)) throw unexpected(`${method}: the service gave the same cursor twice`)
    seen.add(cursor)
  }
  throw unexpected(`${method}: more than ${maxPages} pages`)
}
