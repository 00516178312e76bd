import type { PostgresQuery } from './postgres-client.js'

/** The version of the table, which its comment tells. */
const comment = 'fetch-idempotency 1'

/** A table's name, in its own words and as SQL writes it. */
export interface PostgresTable {
  /** Quoted, with its schema if that was given. */
  readonly sql: string
  /** Without its schema, for the names of indexes. */
  readonly name: string
}

/** @throws `RangeError` for a name that would have to be escaped. */
export function checkPostgresTable(table: string): PostgresTable {
  const parts = table.split('.')
  if (parts.length > 2 || parts.some((part) => !/^[A-Za-z_]\w{0,50}$/.test(part)))
    throw new RangeError(
      'postgresStore.table must be a plain name, with or without a schema: letters, digits and underscores',
    )
  return { sql: parts.map((part) => `"${part}"`).join('.'), name: parts.at(-1) as string }
}

/**
 * The table and the indexes of a {@link postgresStore}, as SQL, for those who set their database up by migrations. Otherwise the
 * store makes them when it is first used.
 *
 * @throws `RangeError` for a name that would have to be escaped.
 *
 * @example
 * ```ts no-run
 * import { postgresSchema } from 'fetch-idempotency/journal/postgres'
 * import { writeFile } from 'node:fs/promises'
 *
 * await writeFile('migrations/0007-journal.sql', postgresSchema())
 * ```
 */
export function postgresSchema(table = 'fetch_idempotency'): string {
  const { sql, name } = checkPostgresTable(table)
  return `CREATE TABLE IF NOT EXISTS ${sql} (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  lane text,
  state text NOT NULL,
  value text NOT NULL,
  created double precision NOT NULL,
  updated double precision NOT NULL,
  token text,
  leased timestamptz NOT NULL,
  leased_until timestamptz NOT NULL,
  claims integer NOT NULL
);
CREATE INDEX IF NOT EXISTS "${name}_open" ON ${sql} (seq) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS "${name}_settled" ON ${sql} (updated) WHERE state = 'settled';
CREATE INDEX IF NOT EXISTS "${name}_lane" ON ${sql} (lane, seq) WHERE lane IS NOT NULL;
COMMENT ON TABLE ${sql} IS '${comment}';
`
}

/**
 * Makes the table where it is missing, and looks at what the server promises.
 *
 * @throws `TypeError` for a table of another version, and for a server that may lose what it has committed.
 */
export async function setUpPostgres(
  query: PostgresQuery,
  table: PostgresTable,
  schema: string,
  isDurable: boolean,
): Promise<void> {
  // Two connections that create one table at the same time fail without the lock.
  await query(
    `DO $set_up$ BEGIN
IF to_regclass('${table.sql}') IS NULL THEN
PERFORM pg_advisory_xact_lock(hashtext('${comment} ${table.sql}'));
${schema}END IF;
END $set_up$`,
    [],
  )
  const [found] = await query(
    `SELECT obj_description(to_regclass('${table.sql}'), 'pg_class') AS comment, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
    [],
  )
  if (found?.['comment'] !== comment)
    throw new TypeError(
      `postgresStore: the table ${table.sql} is marked "${String(found?.['comment'])}"; this package reads "${comment}"`,
    )
  const setting = ['fsync', 'commit'].find((name) => found[name] === 'off')
  if (isDurable && setting !== undefined)
    throw new TypeError(
      `postgresStore: this server runs with ${setting === 'fsync' ? 'fsync' : 'synchronous_commit'} = off. When it crashes, it loses the last records, and their operations may be sent again under other keys. Turn the setting on, or accept this with durability: 'none'`,
    )
}
