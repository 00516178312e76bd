/** A row, by the names of its columns. */
export type PostgresRow = Readonly<Record<string, unknown>>

/** A pool or a client of `pg`, a PGlite database, or what else has their `query`. */
export interface PostgresClient {
  /** Runs one statement with parameters. */
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

/** The `sql` of postgres.js, or that of one of its transactions. */
export interface PostgresJsClient {
  /** Runs one statement with parameters. */
  unsafe(text: string, values: never[]): PromiseLike<readonly unknown[]>
}

/** Carries out one statement. */
export type PostgresQuery = (text: string, values: readonly unknown[]) => Promise<readonly PostgresRow[]>

/** @throws `TypeError` for what is no client. */
export function openPostgres(client: PostgresClient | PostgresJsClient): PostgresQuery {
  const { query, unsafe } = (client ?? {}) as Partial<PostgresClient & PostgresJsClient>
  if (typeof query === 'function')
    return async (text, values) =>
      (await (client as PostgresClient).query(text, [...values])).rows as PostgresRow[]
  if (typeof unsafe === 'function')
    return async (text, values) =>
      (await (client as PostgresJsClient).unsafe(text, [...values] as never[])) as PostgresRow[]
  throw new TypeError(
    'postgresStore: give a pool or a client of pg, the sql of postgres.js, or a PGlite database',
  )
}
