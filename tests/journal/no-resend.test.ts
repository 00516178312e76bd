import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createIdempotentFetch, idempotencyOf, type IdempotentFetchOptions } from 'fetch-idempotency'
import { defineContract } from 'fetch-idempotency/contracts'
import { createJournal, memoryStore, type JournalOptions } from 'fetch-idempotency/journal'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

type Fate = 'answer' | 'lose' | 'cut'

let fates: Fate[]
let executions: number
let url: string
let close: () => Promise<void>

/** A server that ignores keys: it does the work of each request. */
beforeEach(async () => {
  fates = []
  executions = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      executions += 1
      const fate = fates.shift() ?? 'answer'
      if (fate === 'lose') return void response.socket?.resetAndDestroy()
      const body = `{"id":${executions},"note":"${'x'.repeat(64)}"}`
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length })
      if (fate === 'answer') return void response.end(body)
      response.write(body.slice(0, 20))
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`
  close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(() => close())

function open(options: IdempotentFetchOptions, journalOptions: Partial<JournalOptions> = {}) {
  const store = journalOptions.store ?? memoryStore()
  const journal = createJournal({ store, keepRequests: true, ...journalOptions })
  const send = createIdempotentFetch({ retry: { backoff: () => 1 }, ...options, journal })
  const idempotency = { operationId: 'order-17' }
  const post = () =>
    send(url, { method: 'POST', body: '{}', idempotency }).catch((reason: unknown) => reason as Error)
  return { store, journal, send, post }
}

const without: [string, IdempotentFetchOptions][] = [
  ["writes: 'never'", { writes: 'never' }],
  ['a contract whose keys are not honoured', { contract: defineContract({ honoursKey: () => false }) }],
]

describe.each(without)('a journal under %s', (_, options) => {
  it('never sends again what may have been applied', async () => {
    const { store, journal, send, post } = open(options)
    fates = ['lose']
    expect(idempotencyOf(await post())).toMatchObject({ attempts: 1, outcome: 'unknown' })
    // Another process, and the recovery after a crash.
    for (const end of [await post(), await open(options, { store }).post()]) {
      expect(end).toMatchObject({ name: 'OutcomeUnknownError', attempts: 0, outcome: 'unknown' })
      expect(String(end)).toContain('sent again, it could be applied twice')
    }
    expect(await journal.recover({ fetch: send })).toMatchObject({ unknown: 1, applied: 0 })
    expect(executions).toBe(1)
  })

  it('asks `reconcile` in place of that, and keeps what it finds', async () => {
    const { store, post } = open(options)
    fates = ['lose']
    await post()
    const asking = open({ ...options, reconcile: () => 'not-applied' as const }, { store })
    expect(await asking.post()).toMatchObject({ attempts: 0, outcome: 'not-applied' })
    expect(executions).toBe(1)
    // What did not happen is sent.
    expect(idempotencyOf(await open(options, { store }).post())).toMatchObject({ outcome: 'applied' })
    expect(executions).toBe(2)
  })

  it('says that it was applied where the answer was not kept', async () => {
    const { store, post } = open(options, { maxAnswerBytes: 0 })
    expect(idempotencyOf(await post())).toMatchObject({ attempts: 1, outcome: 'applied' })
    const end = await open(options, { store, maxAnswerBytes: 0 }).post()
    expect(end).toMatchObject({ name: 'AlreadyDoneError', attempts: 0, outcome: 'applied' })
    expect(executions).toBe(1)
  })

  it("sends it all the same where the call says `writes: 'always'`", async () => {
    const { send, post } = open(options)
    fates = ['lose']
    await post()
    const idempotency = { operationId: 'order-17', writes: 'always' } as const
    const response = await send(url, { method: 'POST', body: '{}', idempotency })
    expect([idempotencyOf(response)?.outcome, executions]).toEqual(['applied', 2])
  })
})

describe('a journal in front of a server that shows that it ignores keys', () => {
  it('keeps with the answer that the write may have been applied twice', async () => {
    const { store, post } = open({})
    fates = ['cut']
    expect(idempotencyOf(await post())).toMatchObject({ attempts: 2, mayHaveRunTwice: true })
    const kept = await open({}, { store }).post()
    expect(idempotencyOf(kept)).toMatchObject({
      attempts: 0,
      replayed: true,
      outcome: 'applied',
      mayHaveRunTwice: true,
    })
    expect(executions).toBe(2)
  })

  it('keeps nothing of the kind for a write that was sent once', async () => {
    const { store, post } = open({})
    await post()
    expect(idempotencyOf(await open({}, { store }).post())).not.toHaveProperty('mayHaveRunTwice')
  })
})
