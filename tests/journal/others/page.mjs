// The page that sends what a queue of the library named in the address holds. First it fills the queue, undisturbed and
// without sending; from then on the server tells it when to be loaded anew, until the queue is empty.
import { createCollection, localOnlyCollectionOptions } from '@tanstack/db'
import { startOfflineExecutor } from '@tanstack/offline-transactions'
import { createIdempotentFetch } from 'fetch-idempotency'
import { createJournal } from 'fetch-idempotency/journal'
import { indexedDbStore } from 'fetch-idempotency/journal/indexeddb'

const query = new URLSearchParams(location.search)
const hasKeys = query.get('keys') === 'true'
const orders = (await (await fetch('/orders')).json()).map(String)
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const url = `${location.origin}/order`

/** Workbox's queue takes a service worker for granted; without Background Sync it sends when it is made, as in Safari and Firefox. */
async function openWorkbox() {
  self.registration = {}
  const { Queue } = await import('workbox-background-sync/Queue.js')
  let isFilling = true
  const queue = new Queue('orders', {
    onSync: async ({ queue }) => (isFilling ? undefined : queue.replayRequests()),
  })
  return {
    async fill() {
      for (const order of orders) {
        const headers = hasKeys ? { 'idempotency-key': crypto.randomUUID() } : {}
        await queue.pushRequest({ request: new Request(url, { method: 'POST', body: order, headers }) })
      }
    },
    async send() {
      isFilling = false
      while ((await queue.size()) > 0) {
        await queue.replayRequests().catch(() => undefined)
        await sleep(5)
      }
    },
  }
}

function openTanStack() {
  let isOnline = false
  const listeners = new Set()
  const onlineDetector = {
    isOnline: () => isOnline,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    notifyOnline: () => listeners.forEach((tell) => tell()),
    dispose: () => undefined,
  }
  const collection = createCollection(localOnlyCollectionOptions({ id: 'orders', getKey: ({ id }) => id }))
  const executor = startOfflineExecutor({
    collections: { orders: collection },
    onlineDetector,
    mutationFns: {
      async post({ transaction, idempotencyKey }) {
        const order = transaction.mutations[0].modified.id
        const headers = hasKeys ? { 'idempotency-key': idempotencyKey } : {}
        const response = await fetch(url, { method: 'POST', body: order, headers })
        if (!response.ok) throw new Error(`order ${order}: HTTP ${response.status}`)
      },
    },
  })
  return {
    async fill() {
      await executor.waitForInit()
      for (const id of orders) {
        const transaction = executor.createOfflineTransaction({ mutationFnName: 'post', autoCommit: false })
        transaction.mutate(() => collection.insert({ id }))
        transaction.commit().catch(() => undefined)
      }
      while ((await executor.peekOutbox()).length < orders.length) await sleep(5)
    },
    async send() {
      await executor.waitForInit()
      isOnline = true
      while ((await executor.peekOutbox()).length > 0) {
        // A second or more is waited between tries, unless the network comes back.
        onlineDetector.notifyOnline()
        await sleep(20)
      }
    },
  }
}

function openJournal() {
  const journal = createJournal({ store: indexedDbStore(), keepRequests: true })
  const send = createIdempotentFetch({ journal, retry: { backoff: () => 5 } })
  return {
    fill: () => Promise.all(orders.map((order) => journal.enqueue(order, { url, body: order }))),
    async send() {
      for (;;) {
        await journal.recover({ fetch: send })
        const { done } = await journal.pending().next()
        if (done) return
        await sleep(20)
      }
    },
  }
}

const tell = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body) })
try {
  const isFilled = sessionStorage.getItem('filled') !== null
  const { fill, send } = await { workbox: openWorkbox, tanstack: openTanStack, journal: openJournal }[
    query.get('of')
  ]()
  if (!isFilled) {
    await fill()
    sessionStorage.setItem('filled', 'true')
    location.reload()
  } else {
    const reloadAfterMs = await (await tell('/loaded')).json()
    if (reloadAfterMs > 0) setTimeout(() => location.reload(), reloadAfterMs)
    await send()
    // A reload that is due any moment comes when there is nothing left to lose.
    await tell('/through', {})
  }
} catch (error) {
  await tell('/through', { error: String(error?.stack ?? error) })
}
