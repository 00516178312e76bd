import type { StoredEntry } from '../store.js'
import type { PostgresRow } from './postgres-client.js'

/** The statements of a store, as text. */
export type PostgresStatements = ReturnType<typeof writeStatements>

/** The statements of a store. Those that list name the state, so that PostgreSQL finds the index for it. */
export function writeStatements(table: string) {
  const isFree = '(t.token IS NULL OR clock_timestamp() >= t.leased_until OR clock_timestamp() < t.leased)'
  const entry = `t.seq::text AS seq, t.id, t.lane, t.state, t.value, t.created, t.updated, t.claims, CASE WHEN ${isFree} THEN 0 ELSE greatest(0, extract(epoch FROM t.leased_until - clock_timestamp()) * 1000)::float8 END AS left_ms`
  const until = (parameter: string) => `clock_timestamp() + ${parameter}::float8 * interval '1 millisecond'`
  const take = `SET token = $2::text, leased = clock_timestamp(), leased_until = ${until('$3')}, claims = t.claims + 1`
  const isTakeable = `(${isFree} OR t.token = $4::text) AND (t.state = 'open' OR $5::boolean)`
  const page = `t.seq > $1::bigint ORDER BY t.seq LIMIT $2::integer`
  return {
    create: `INSERT INTO ${table} AS t (id, token, leased, leased_until, claims, lane, state, value, created, updated) VALUES ($1, $2::text, clock_timestamp(), ${until('$3')}, 0, $6::text, 'open', $7, $8, $8) ON CONFLICT (id) DO UPDATE ${take} WHERE ${isTakeable} RETURNING ${entry}`,
    take: `UPDATE ${table} AS t ${take} WHERE t.id = $1 AND ${isTakeable} RETURNING ${entry}`,
    find: `SELECT ${entry}, t.token FROM ${table} AS t WHERE t.id = $1`,
    renew: `UPDATE ${table} SET leased = clock_timestamp(), leased_until = ${until('$3')} WHERE id = $1 AND token = $2 RETURNING id`,
    record: `UPDATE ${table} SET token = $4::text, leased = clock_timestamp(), leased_until = ${until('$3')}, state = $5, value = $6, updated = $7 WHERE id = $1 AND token = $2 RETURNING id`,
    listOpen: `SELECT ${entry} FROM ${table} AS t WHERE t.state = 'open' AND ${page}`,
    listSettled: `SELECT ${entry} FROM ${table} AS t WHERE t.state = 'settled' AND ${page}`,
    listLane: `SELECT ${entry} FROM ${table} AS t WHERE t.lane = $3 AND ${page}`,
    removeOwn: `DELETE FROM ${table} WHERE id = $1 AND token = $2 RETURNING id`,
    removeFree: `DELETE FROM ${table} AS t WHERE t.id = $1 AND ${isFree} RETURNING t.id`,
    removeOld: `DELETE FROM ${table} WHERE seq = ANY (ARRAY(SELECT t.seq FROM ${table} AS t WHERE t.state = 'settled' AND t.updated < $1 AND ${isFree} ORDER BY t.updated LIMIT $2::integer FOR UPDATE SKIP LOCKED)) RETURNING id`,
  }
}

/** An entry, as a statement returns it. */
export function toEntry(row: PostgresRow): StoredEntry {
  return {
    id: row['id'] as string,
    lane: (row['lane'] as string | null) ?? undefined,
    state: row['state'] as StoredEntry['state'],
    value: row['value'] as string,
    createdMs: row['created'] as number,
    updatedMs: row['updated'] as number,
    leaseLeftMs: row['left_ms'] as number,
  }
}
