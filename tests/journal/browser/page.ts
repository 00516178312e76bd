// What the pages of `browser.test.ts` do: the address says which of it.
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import { createJournal } from 'fetch-idempotency/journal'
import { indexedDbStore } from 'fetch-idempotency/journal/indexeddb'
import { storeChecks } from 'fetch-idempotency/testing'

const query = new URLSearchParams(location.search)
const database = query.get('database') ?? 'journal'
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function open() {
  const journal = createJournal({ store: indexedDbStore({ name: database }), keepRequests: true })
  const send = createIdempotentFetch({ journal, retry: { backoff: () => 5, maxAttempts: 20 } })
  const post = (id: string) => send('/orders', { method: 'POST', body: id, idempotency: { operationId: id } })
  return { journal, send, post }
}

/** Takes all locks of a database away from whoever has them. */
async function stealLocks(name: string): Promise<void> {
  const { held = [] } = await navigator.locks.query()
  const names = held.map((lock) => lock.name ?? '').filter((lock) => lock.includes(` ${name} `))
  await Promise.all(names.map((lock) => navigator.locks.request(lock, { steal: true }, () => undefined)))
  await sleep(5)
}

/** The contract of a store, over the browser's own IndexedDB, with locks and without. */
async function checkContract(): Promise<unknown> {
  const failures: string[] = []
  let passed = 0
  for (const hasLocks of [true, false])
    for (const { name: rule, run } of storeChecks()) {
      const name = `contract-${hasLocks}-${passed}`
      let aheadMs = 0
      const clock = { now: () => Date.now() + aheadMs, sleep }
      const options = hasLocks ? { name } : { name, locks: null, clock }
      try {
        await run(async () => {
          const [store, other] = [indexedDbStore(options), indexedDbStore(options)]
          return {
            store,
            other,
            passMs: async (ms) => (hasLocks ? stealLocks(name) : void (aheadMs += ms)),
            close: async () => void (await Promise.all([store.close?.(), other.close?.()])),
          }
        })
        passed += 1
      } catch (error) {
        failures.push(`${rule}, ${hasLocks ? 'with' : 'without'} locks: ${String(error)}`)
      }
    }
  return { passed, failures }
}

/** Is loaded anew while the server has the write and has not answered. */
async function reloadOnce(): Promise<unknown> {
  const { post } = open()
  if (sessionStorage.getItem('reloaded') === null) {
    sessionStorage.setItem('reloaded', String(Date.now()))
    post('order-1').catch(() => undefined)
    await fetch('/received?count=1')
    location.reload()
    return sleep(60_000)
  }
  const response = await post('order-1')
  return {
    ...idempotencyOf(response),
    text: await response.text(),
    tookMs: Date.now() - Number(sessionStorage.getItem('reloaded')),
  }
}

/** Sends many operations, and is loaded anew at moments that the server has drawn. */
async function reloadOften(): Promise<unknown> {
  const { journal, send, post } = open()
  const loads = Number(sessionStorage.getItem('loads') ?? 0) + 1
  sessionStorage.setItem('loads', String(loads))
  const delayMs = Number(await (await fetch(`/delay?load=${loads}`)).text())
  if (delayMs > 0) setTimeout(() => location.reload(), delayMs)
  await journal.recover({ fetch: send })
  const ids = Array.from({ length: 60 }, (_, index) => `order-${index}`)[Symbol.iterator]()
  const work = async () => {
    for (const id of ids) await post(id)
  }
  await Promise.all(Array.from({ length: 8 }, work))
  // A reload that is due any moment: this page is not the last one.
  if (delayMs > 0) return sleep(60_000)
  const open_: unknown[] = []
  for await (const { operationId } of journal.pending()) open_.push(operationId)
  return { loads, open: open_ }
}

/** Opens two pages that do the same operations at the same time. */
async function openTabs(): Promise<unknown> {
  const channel = new BroadcastChannel('tabs')
  const results: unknown[] = []
  const through = new Promise<void>((resolve) => {
    channel.addEventListener('message', ({ data }) => {
      results.push(data)
      if (results.length === 2) resolve()
    })
  })
  for (let tab = 1; tab <= 2; tab += 1) window.open(`?do=tab&database=${database}`, '_blank', 'noopener')
  await through
  return results
}

async function beTab(): Promise<void> {
  const { post } = open()
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => idempotencyOf(await post(`order-${index}`))?.outcome),
  )
  new BroadcastChannel('tabs').postMessage(outcomes)
}

const acts: Readonly<Record<string, () => Promise<unknown>>> = {
  contract: checkContract,
  'reload-once': reloadOnce,
  'reload-often': reloadOften,
  tabs: openTabs,
}
const act = query.get('do') ?? ''
const tell = (told: object) => fetch('/result', { method: 'POST', body: JSON.stringify(told) })
if (act === 'tab') beTab().catch((error: Error) => tell({ error: `in a tab: ${error.stack}` }))
else
  acts[act]?.().then(
    (result) => tell({ result }),
    (error: Error) => tell({ error: error.stack }),
  )
