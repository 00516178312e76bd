import type { Answer, Call, Send } from './call.js'
import type { ReadOptions, RequestOptions } from './call-options.js'
import { keepMeta } from './meta.js'
import { writeOperations, type WriteFacts, type WriteOperation } from './operations.js'
import { iterablePage, readAllPages, type PagePromise, type PaginatedOutput } from './page.js'
import { isRecord, readQuery, type Check } from './validate.js'

/** The facts of {@link WriteOperation} that a call's own input decides. */
export type WriteTuning = Partial<WriteFacts> & {
  readonly accepts?: NonNullable<Call['accepts']>
  /** Says what is wrong with the data of an answer, or nothing. */
  readonly check?: (data: unknown, answer: Answer) => string | undefined
}

/** How one paged list is read. */
export interface ListShape<Rows extends string> {
  readonly method: string
  /** The name that its rows get. */
  readonly rows: Rows
  readonly checks: Readonly<Record<string, Check>>
  /** Finds the rows in the data of an answer. @defaultValue the data is the rows */
  readonly rowsOf?: (data: unknown) => unknown
}

type Page<Rows extends string, T> = PaginatedOutput & Record<Rows, T[]>

/** What the pages of one list are asked for with. */
interface PagedList {
  readonly path: string
  readonly query: Record<string, string>
}

/** @throws {@link ValidationError} for input that is wrong. */
const openList = (
  { method, checks }: ListShape<string>,
  makePath: () => string,
  input: object | undefined,
): PagedList => ({ query: readQuery(method, input, checks), path: makePath() })

/** The type of the input has no cursor, but that of one page, which has, may be given as well. */
const noCursor: Check = () => 'must not be given, as the whole list is read; read pages to begin at a cursor'

/** One area of the API: the verbs that its calls are made of. */
export abstract class Area {
  readonly #send: Send

  constructor(send: Send) {
    this.#send = send
  }

  /** Sends one call, for methods that read more of the answer than its data. */
  protected exchange(call: Call): Promise<Answer> {
    return this.#send(call)
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

  /** Deletes; there is nothing to read. The promise itself is what `metaOf` and `idempotencyOf` tell of. */
  protected remove(makePath: () => string, options?: ReadOptions): Promise<void> {
    const deletion: Promise<void> = this.#remove(makePath, options).then((answer) => {
      keepMeta(deletion, answer)
    })
    return deletion
  }

  async #remove(makePath: () => string, options?: ReadOptions): Promise<Answer> {
    return this.#send({ method: 'DELETE', path: makePath(), options, readsBody: false })
  }

  /** Reads one page, or with an iterator all rows from it on. */
  protected readPage<Rows extends string, T>(
    shape: ListShape<Rows>,
    makePath: () => string,
    input: object | undefined,
    options?: ReadOptions,
  ): PagePromise<Page<Rows, T>, T> {
    // Wrong input rejects the promise of the page.
    const list = new Promise<PagedList>((resolve) => resolve(openList(shape, makePath, input)))
    const readFrom = async (cursor?: string) => this.#readPage<Rows, T>(shape, await list, cursor, options)
    return iterablePage(readFrom(), {
      method: shape.method,
      readPage: readFrom,
      rowsOf: (page) => page[shape.rows],
      signal: options?.signal,
    })
  }

  /** Reads every row of a paged list. Wrong input throws here, before the first page is asked for. */
  protected readAll<Rows extends string, T>(
    shape: ListShape<Rows>,
    makePath: () => string,
    input: object | undefined,
    options?: ReadOptions,
  ): AsyncGenerator<T, void, undefined> {
    const checks = { ...shape.checks, cursor: noCursor }
    const all = { ...shape, checks, method: shape.method.replace('list', 'listAll') }
    const list = openList(all, makePath, input)
    return readAllPages<Page<Rows, T>, T>({
      method: all.method,
      readPage: (cursor) => this.#readPage<Rows, T>(all, list, cursor, options),
      rowsOf: (page) => page[shape.rows],
      signal: options?.signal,
    })
  }

  async #readPage<Rows extends string, T>(
    { rows, rowsOf }: ListShape<Rows>,
    { path, query }: PagedList,
    cursor: string | undefined,
    options?: ReadOptions,
  ): Promise<Page<Rows, T>> {
    const from = cursor === undefined ? query : { ...query, cursor }
    const answer = await this.#send({ method: 'GET', path, query: from, options })
    const { has_more, next_cursor } = answer.envelope
    const page = {
      [rows]: rowsIn<T>(answer, rowsOf),
      has_more: has_more ?? Boolean(next_cursor),
      ...(next_cursor ? { next_cursor } : {}),
      ...pageFacts(answer),
    }
    return keepMeta(page, answer) as Page<Rows, T>
  }

  /** Reads a list that the service gives whole. */
  protected async readWhole<Rows extends string, T>(
    rows: Rows,
    path: string,
    options?: ReadOptions,
  ): Promise<{ has_more: false; page_size?: number; request_id?: string } & Record<Rows, T[]>> {
    const answer = await this.#send({ method: 'GET', path, options })
    if (answer.envelope.has_more === true || answer.envelope.next_cursor !== undefined) {
      answer.note('the answer says that there is more, but this list has no pages')
    }
    const whole = { [rows]: rowsIn<T>(answer), has_more: false, ...pageFacts(answer) }
    return keepMeta(whole, answer) as { has_more: false } & Record<Rows, T[]>
  }
}

/** The `data` of an answer that must have some. */
export function dataOf<T>(answer: Answer, check?: WriteTuning['check']): T {
  const { data, status, refuse } = answer
  const problem =
    status === 204
      ? 'the service answered 204 where a body is needed'
      : data === undefined || data === null
        ? 'the answer has no data'
        : (check?.(data, answer) ?? findKindProblem(data))
  if (problem !== undefined) throw refuse(`${problem} (HTTP ${status})`)
  return keepMeta(data as T, answer)
}

const findKindProblem = (data: unknown): string | undefined =>
  typeof data === 'object' ? undefined : `the data of the answer is no object (got ${typeof data})`

/** The rows of a list; an answer without content is an empty one. */
export function rowsIn<T>(answer: Answer, rowsOf = (found: unknown) => found): T[] {
  const { data, status, refuse, note } = answer
  // Go writes an empty list as `null` where nobody has made one.
  if (status === 204 || data === null) {
    note(`${status === 204 ? '204' : 'null'} where a list was expected: taken for an empty one`)
    return []
  }
  const rows = rowsOf(data)
  if (!Array.isArray(rows)) throw refuse('the answer holds no list')
  if (!rows.every((row) => isRecord(row))) note('the list holds something else than objects')
  return rows as T[]
}

function pageFacts({ envelope }: Answer): { page_size?: number; request_id?: string } {
  const { page_size, request_id } = envelope
  return {
    ...(page_size === undefined ? {} : { page_size }),
    ...(request_id === undefined ? {} : { request_id }),
  }
}
