import { createIdempotentFetch } from 'fetch-idempotency'
import {
  createJournal,
  memoryStore,
  runOnce,
  type JournalOptions,
  type OperationStore,
  type PendingOperation,
} from 'fetch-idempotency/journal'
import { describe, expect, it } from 'vitest'

const request = { url: 'https://api.test/orders', body: '{}' }

function open(part: Partial<OperationStore> = {}, options: Partial<JournalOptions> = {}) {
  const right = memoryStore()
  const journal = createJournal({ store: { ...right, ...part }, ...options })
  const keys: string[] = []
  const send = createIdempotentFetch({
    journal,
    fetch: async (_, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key') ?? '')
      return Response.json({}, { status: 201 })
    },
  })
  const post = (operationId: string) =>
    send(request.url, { method: 'POST', body: request.body, idempotency: { operationId } })
  return { right, journal, post, send, keys }
}

async function all(pending: AsyncIterable<PendingOperation>): Promise<PendingOperation[]> {
  const found: PendingOperation[] = []
  for await (const one of pending) found.push(one)
  return found
}

describe('the inbox', () => {
  it('makes no entry for an id that it does not know', async () => {
    const { journal, right } = open()
    expect(await journal.resolve('a', 'applied')).toBe(false)
    expect(await journal.forget('a')).toBe(false)
    expect((await right.list({ state: 'open' }, { limit: 9 })).entries).toEqual([])
  })

  it('forgets a settled operation: called again, it is sent again under another key', async () => {
    const { journal, post, keys } = open()
    await post('a')
    await post('a')
    expect(keys).toHaveLength(1)
    expect(await journal.forget('a')).toBe(true)
    await post('a')
    expect(new Set(keys).size).toBe(2)
  })

  it('shows writes alone, not the runs and values that they belong to', async () => {
    const { journal, send, right } = open()
    const run = runOnce('job', { journal }, async ({ remember }) => {
      await remember('n', () => 1)
      await remember('m', () => Promise.reject(new Error('the worker was killed')))
    })
    await expect(run).rejects.toThrow('killed')
    expect((await right.list({ state: 'open' }, { limit: 9 })).entries).toHaveLength(2)
    expect(await all(journal.pending())).toEqual([])
    const result = await journal.recover({ fetch: send })
    expect(Object.values(result)).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  it('takes no outcome for what is no write', async () => {
    const { journal, right } = open()
    await runOnce('job', { journal }, () => Promise.reject(new Error('no'))).catch(() => undefined)
    const { entries } = await right.list({ state: 'open' }, { limit: 9 })
    const [{ id } = { id: '' }] = entries
    await expect(journal.resolve({ id }, 'applied')).rejects.toMatchObject({ problem: 'unreadable' })
    expect((await right.list({ state: 'open' }, { limit: 9 })).entries).toEqual(entries)
  })

  it('says so when another worker has taken the operation before its outcome was written', async () => {
    const { journal } = open({ record: async () => false })
    await journal.enqueue('a', request)
    expect(await journal.resolve('a', 'applied')).toBe(false)
  })

  it('reads and removes page by page', async () => {
    const limits: unknown[] = []
    const counts = [256, 256, 3]
    const { journal } = open({
      list: async (_, { after, limit }) => {
        limits.push([after, limit])
        return { entries: [], next: after === undefined ? 'second' : undefined }
      },
      remove: async (asked) => {
        limits.push('limit' in asked && asked.limit)
        return counts.shift() ?? 0
      },
    })
    expect(await all(journal.pending())).toEqual([])
    expect(await journal.compact()).toBe(515)
    expect(limits).toEqual([[undefined, 256], ['second', 256], 256, 256, 256])
  })

  it('removes nothing that is to be kept for ever', async () => {
    const remove = () => Promise.reject(new Error('nobody asked for that'))
    expect(await open({ remove }, { keepSettledMs: Infinity }).journal.compact()).toBe(0)
  })
})
