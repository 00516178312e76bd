// Takes orders: the order and the request that tells a partner of it are committed together, or not at all (a transactional
// outbox). Needs POSTGRES_URL and API_URL; takes the number of orders. Every third one fails, as its transaction is rolled back.
import { createJournal } from 'fetch-idempotency/journal'
import { postgresStore } from 'fetch-idempotency/journal/postgres'
import pg from 'pg'

const { POSTGRES_URL, API_URL } = process.env
const pool = new pg.Pool({ connectionString: POSTGRES_URL, max: 4 })
const store = postgresStore(pool)
const journal = createJournal({ store })
await pool.query('CREATE TABLE IF NOT EXISTS orders (id text PRIMARY KEY, amount integer NOT NULL)')

/** @param {string} id @param {number} amount @param {boolean} isBad */
async function takeOrder(id, amount, isBad) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('INSERT INTO orders (id, amount) VALUES ($1, $2) ON CONFLICT DO NOTHING', [id, amount])
    const request = {
      url: `${API_URL}/orders`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, amount }),
    }
    await journal.enqueue(id, request, { store: store.within(client), lane: 'orders of the day' })
    if (isBad) throw new Error('out of stock')
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK')
    if (!isBad) throw error
  } finally {
    client.release()
  }
}

const count = Number(process.argv[2] ?? 9)
for (let index = 0; index < count; index += 1) await takeOrder(`order-${index}`, 100 + index, index % 3 === 2)
const { rows } = await pool.query('SELECT count(*)::integer AS taken FROM orders')
console.log(JSON.stringify(rows[0]))
await pool.end()
