import { keepMeta } from './meta.js'
import { writeOperations, type WriteFacts, type WriteOperation } from './operations.js'
import type { ReadOptions, RequestOptions } from './call-options.js'
import { readAllPages, type PaginatedOutput } from './page.js'
import type { Answer, Send } from './call.js'
import { readQuery, type Check } from './validate.js'

/** The facts of {@link WriteOperation} that a call's own input decides. */
export type WriteTuning = Partial<WriteFacts> & {
  /** Reads an error answer as a result, when it is one. */
  readonly accepts?: (status: number, data: unknown) => boolean
  /** Says what is wrong with the data of an answer, or nothing. */
  readonly check?: (data: unknown) => string | undefined
}

/** One area of the API: the verbs that its calls are made of. */
export abstract class Area {
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  /** Reads one object. */
  protected async read<T>(path: string, options?: ReadOptions): Promise<T> {
    return dataOf<T>(await this.#send({ method: 'GET', path, options }))
  }

  /** Writes, and reads the object that the service answers with. */
  protected async write<T>(
    operation: WriteOperation,
    method: 'POST' | 'PATCH',
    path: string,
    body: unknown,
    options?: RequestOptions,
    { check, ...tuning }: WriteTuning = {},
  ): Promise<T> {
    const facts: WriteFacts = writeOperations[operation]
    return dataOf<T>(await this.#send({ method, path, body, options, ...facts, ...tuning }), check)
  }

  /** Deletes; there is nothing to read. */
  protected async remove(path: string, options?: ReadOptions): Promise<void> {
    await this.#send({ method: 'DELETE', path, options, readsBody: false })
  }

  /** Deletes, and reads what the service tells about it. */
  protected removeAndRead(path: string, options?: ReadOptions): Promise<Answer> {
    return this.#send({ method: 'DELETE', path, options })
  }

  /** Reads one page; its rows get the name `rows`. */
  protected async readPage<Rows extends string, T>(
    method: string,
    rows: Rows,
    path: string,
    input: unknown,
    checks: Readonly<Record<string, Check>>,
    options?: ReadOptions,
    rowsOf: (data: unknown) => unknown = (data) => data,
  ): Promise<PaginatedOutput & Record<Rows, T[]>> {
    const query = readQuery(method, input, checks)
    const answer = await this.#send({ method: 'GET', path, query, options })
    const { has_more, next_cursor } = answer.envelope
    const page = {
      [rows]: rowsIn<T>(answer, rowsOf),
      has_more: has_more ?? Boolean(next_cursor),
      ...(next_cursor ? { next_cursor } : {}),
      ...pageFacts(answer),
    }
    return keepMeta(page, answer.meta, undefined) as PaginatedOutput & Record<Rows, T[]>
  }

  /** Reads a list that the service gives whole. */
  protected async readWhole<Rows extends string, T>(
    rows: Rows,
    path: string,
    options?: ReadOptions,
  ): Promise<{ has_more: false; page_size?: number; request_id?: string } & Record<Rows, T[]>> {
    const answer = await this.#send({ method: 'GET', path, options })
    const whole = { [rows]: rowsIn<T>(answer), has_more: false, ...pageFacts(answer) }
    return keepMeta(whole, answer.meta, undefined) as { has_more: false } & Record<Rows, T[]>
  }

  /** Reads every row of a paged list. Wrong input throws here, before the first page is asked for. */
  protected readAll<I extends object, P extends PaginatedOutput, T>(
    method: string,
    input: I | undefined,
    checks: Readonly<Record<string, Check>>,
    readPage: (input: I & { cursor?: string }) => Promise<P>,
    rowsOf: (page: P) => readonly T[],
    options?: ReadOptions,
  ): AsyncGenerator<T, void, undefined> {
    const { cursor: _, ...withoutCursor } = checks
    readQuery(method, input, withoutCursor)
    const copy = { ...input } as I
    return readAllPages(
      method,
      (cursor) => readPage(cursor === undefined ? copy : { ...copy, cursor }),
      rowsOf,
      options?.signal,
    )
  }
}

/** The `data` of an answer that must have some. */
function dataOf<T>({ data, status, meta, write, refuse }: Answer, check?: WriteTuning['check']): T {
  const problem =
    status === 204
      ? 'the service answered 204 where a body is needed'
      : data === undefined || data === null
        ? 'the answer has no data'
        : check?.(data)
  if (problem !== undefined) throw refuse(`${problem} (HTTP ${status})`)
  return keepMeta(data as T, meta, write)
}

/** The rows of a list; an answer without content is an empty one. */
function rowsIn<T>({ data, status, refuse }: Answer, rowsOf = (found: unknown) => found): T[] {
  if (status === 204) return []
  const rows = rowsOf(data)
  if (!Array.isArray(rows)) throw refuse('the answer holds no list')
  return rows as T[]
}

function pageFacts({ envelope }: Answer): { page_size?: number; request_id?: string } {
  const { page_size, request_id } = envelope
  return {
    ...(page_size === undefined ? {} : { page_size }),
    ...(request_id === undefined ? {} : { request_id }),
  }
}
