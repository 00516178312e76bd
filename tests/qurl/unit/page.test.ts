import { describe, expect, it, vi } from 'vitest'
import { readAllPages, type PaginatedOutput } from '../../../src/qurl/page.js'
import { clientOf, data, failureOf } from './fake.js'

type Page = PaginatedOutput & { rows: number[] }

/** Reads the pages in order, and tells with which cursors they were asked for. */
function reader(...pages: Page[]) {
  const cursors: (string | undefined)[] = []
  const readPage = async (cursor: string | undefined): Promise<Page> => {
    cursors.push(cursor)
    const page = pages[cursors.length - 1]
    if (page === undefined) throw new Error('no such page')
    return page
  }
  const rows = (signal?: AbortSignal) =>
    readAllPages<Page, number>({ method: 'listAll', readPage, rowsOf: (page) => page.rows, signal })
  return { cursors, rows }
}

const more = (rows: number[], next_cursor?: string): Page => ({
  rows,
  has_more: true,
  ...(next_cursor === undefined ? {} : { next_cursor }),
})
const last = (rows: number[]): Page => ({ rows, has_more: false })

/** The rows until the end, and what ended them. */
async function drain(rows: AsyncIterable<number>): Promise<{ seen: number[]; error?: unknown }> {
  const seen: number[] = []
  try {
    for await (const row of rows) seen.push(row)
    return { seen }
  } catch (error) {
    return { seen, error }
  }
}

describe('list', () => {
  it('that is iterated with an aborted signal fails there, and nowhere else', async () => {
    const reason = new Error('enough')
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const rows = clientOf([]).client.list({}, { signal: AbortSignal.abort(reason) })
    await expect(rows[Symbol.asyncIterator]().next()).rejects.toBe(reason)
    await new Promise(setImmediate)
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it('tells the request behind a page without a cursor', async () => {
    const { client } = clientOf([data([{}], { request_id: 'req_7', has_more: true })])
    const rows = client.listAll()
    await rows.next()
    const error = await failureOf(rows.next())
    expect(error).toMatchObject({ code: 'unexpected_response', requestId: 'req_7', attempts: 1 })
  })
})

describe('readAllPages', () => {
  it('goes on through pages without rows', async () => {
    const { cursors, rows } = reader(more([1], 'a'), more([], 'b'), more([], 'c'), last([2, 3]))
    expect(await drain(rows())).toEqual({ seen: [1, 2, 3] })
    expect(cursors).toEqual([undefined, 'a', 'b', 'c'])
  })

  it('believes has_more, not the cursor', async () => {
    const { cursors, rows } = reader({ rows: [1], has_more: false, next_cursor: 'a' })
    expect(await drain(rows())).toEqual({ seen: [1] })
    expect(cursors).toHaveLength(1)
  })

  it.each([
    ['no cursor', [more([1])], [1]],
    ['an empty cursor', [more([1], '')], [1]],
    ['the same cursor again', [more([1], 'a'), more([2], 'a')], [1, 2]],
    ['an older cursor', [more([1], 'a'), more([2], 'b'), more([3], 'a')], [1, 2, 3]],
  ])('throws after the rows when more is said to come with %s', async (_, pages, seen) => {
    const result = await drain(reader(...pages).rows())
    expect(result.seen).toEqual(seen)
    expect(result.error).toMatchObject({ name: 'ValidationError', code: 'unexpected_response' })
  })

  it('ends at a number of pages that nobody has', async () => {
    let count = 0
    const readPage = async () => more([], String(count++))
    const { error } = await drain(
      readAllPages<Page, number>({ method: 'listAll', readPage, rowsOf: (page) => page.rows }),
    )
    expect(error).toMatchObject({ code: 'unexpected_response' })
    expect(count).toBe(10_000)
  })

  it('ends with the reason of the signal before the next page', async () => {
    const { cursors, rows } = reader(more([1], 'a'), last([2]))
    const controller = new AbortController()
    const reason = new Error('enough')
    const all = rows(controller.signal)
    expect(await all.next()).toEqual({ done: false, value: 1 })
    controller.abort(reason)
    await expect(all.next()).rejects.toBe(reason)
    expect(cursors).toHaveLength(1)
  })

  it('asks for nothing before the first row is wanted', async () => {
    const { cursors, rows } = reader(last([]))
    rows()
    expect(cursors).toHaveLength(0)
  })
})
