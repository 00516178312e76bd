import { refuseResult, shareMeta } from './meta.js'
import { unexpected } from './validate.js'

/** Which page of a list. */
export interface PageInput {
  /** 1 to 100. @defaultValue `20` */
  limit?: number | undefined
  /** The `next_cursor` of the page before. */
  cursor?: string | undefined
}

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

/**
 * One page on its way. Awaited, it is that page; iterated, it is its rows and those of all pages after it.
 *
 * @example
 * ```ts
 * for await (const webhook of client.listWebhooks()) console.log(webhook.url)
 * ```
 */
export interface PagePromise<P, T> extends Promise<P>, AsyncIterable<T> {}

const maxPages = 10_000

/** How a list is read page by page. */
export interface PageReader<P extends PaginatedOutput, T> {
  /** The method, for messages. */
  readonly method: string
  readonly readPage: (cursor: string | undefined) => Promise<P>
  readonly rowsOf: (page: P) => readonly T[]
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads a list row by row, page after page, until the service says that there is no more. A page without rows is no end.
 *
 * @param first - The first page, when it was asked for already.
 * @throws {@link ValidationError} (`unexpected_response`) when the service says that there is more but gives no cursor or one
 * that it gave before: stopping there would pass a part for the whole.
 * @throws the signal's reason when the caller ends it between two pages.
 */
export async function* readAllPages<P extends PaginatedOutput, T>(
  { method, readPage, rowsOf, signal }: PageReader<P, T>,
  first?: Promise<P>,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>()
  let cursor: string | undefined
  for (let count = 0; count < maxPages; count++) {
    signal?.throwIfAborted()
    const page = await (count === 0 && first !== undefined ? first : readPage(cursor))
    const rows = rowsOf(page)
    shareMeta(rows, page)
    for (const row of rows) yield row
    if (!page.has_more) return
    cursor = page.next_cursor
    if (cursor === undefined || cursor === '') {
      throw refuseResult(`${method}: the service says that there are more pages but gives no cursor`, page)
    }
    if (seen.has(cursor)) throw refuseResult(`${method}: the service gave the same cursor twice`, page)
    seen.add(cursor)
  }
  throw unexpected(`${method}: more than ${maxPages} pages`)
}

/** Makes the promise of a page one that can be iterated. */
export function iterablePage<P extends PaginatedOutput, T>(
  page: Promise<P>,
  reader: PageReader<P, T>,
): PagePromise<P, T> {
  return Object.defineProperty(page, Symbol.asyncIterator, {
    value: () => {
      // The iterator tells of its failure, or of the abort that came first.
      page.catch(() => undefined)
      return readAllPages(reader, page)
    },
    configurable: true,
  }) as PagePromise<P, T>
}
