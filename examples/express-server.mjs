// The server's half: a write is done once per key, and a repetition gets the first answer. The database holds the rule, so it is true for
// any number of processes. Run it with `npm run build && node examples/express-server.mjs`.
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import express from 'express'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import Database from 'libsql'

/** Opens a file with the orders, and with the answers that were given. */
export function openDatabase(file) {
  const database = new Database(file)
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS answers (
      account TEXT, key TEXT, request TEXT NOT NULL, status INTEGER, body TEXT, at INTEGER DEFAULT (unixepoch()),
      PRIMARY KEY (account, key)
    );`)
  return database
}

export function createApp(database) {
  const claim = database.prepare(
    'INSERT INTO answers (account, key, request) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const find = database.prepare('SELECT request, status, body FROM answers WHERE account = ? AND key = ?')
  const keep = database.prepare('UPDATE answers SET status = ?, body = ? WHERE account = ? AND key = ?')
  const insert = database.prepare('INSERT INTO orders (item) VALUES (?)')

  /** The key is claimed, the order made and the answer kept in one transaction: all of it is there, or nothing. */
  const answerOnce = database.transaction((account, key, request, { item }) => {
    if (claim.run(account, key, request).changes === 0) {
      const first = find.get(account, key)
      if (first.request === request) return { ...first, replayed: true }
      return { status: 422, body: '{"code":"idempotency_key_reused"}' }
    }
    const body = JSON.stringify({ id: Number(insert.run(item).lastInsertRowid), item })
    keep.run(201, body, account, key)
    return { status: 201, body }
  })

  const app = express()
  app.post('/orders', express.text({ type: 'application/json' }), (request, response) => {
    const account = request.get('Authorization') ?? '' // a key belongs to who sent it
    const key = request.get('Idempotency-Key')
    if (!key) return response.status(400).json({ code: 'idempotency_key_missing' })
    const hash = createHash('sha256').update(`${request.path}\n${request.body}`).digest('hex')
    const { status, body, replayed } = answerOnce.immediate(account, key, hash, JSON.parse(request.body))
    if (replayed) response.set('Idempotent-Replayed', 'true')
    response.status(status).type('json').send(body)
  })
  return app
}

/** Forgets keys that are older than a day. Say in your documentation how long you keep them. */
export function forgetKeys(database) {
  database.exec('DELETE FROM answers WHERE at < unixepoch() - 86400')
}

// Asks it for ten orders, and loses each first answer.
if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const database = openDatabase(':memory:')
  const app = createApp(database)
  const lost = new Set()
  const server = express()
    .use((request, response, next) => {
      const key = request.get('Idempotency-Key')
      if (!lost.has(key)) response.end = () => request.socket.destroy()
      lost.add(key)
      next()
    })
    .use(app)
    .listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))

  const send = createIdempotentFetch()
  const headers = { 'content-type': 'application/json' }
  const outcomes = []
  for (let number = 1; number <= 10; number += 1) {
    const body = JSON.stringify({ item: `book ${number}` })
    const response = await send(`http://127.0.0.1:${server.address().port}/orders`, {
      method: 'POST',
      headers,
      body,
    })
    outcomes.push(idempotencyOf(response).outcome)
  }
  const { made } = database.prepare('SELECT count(*) AS made FROM orders').get()
  console.log(
    `10 orders, ${lost.size} answers lost, ${made} made, ${outcomes.filter((word) => word === 'applied').length} told`,
  )
  server.closeAllConnections()
  server.close()
}
