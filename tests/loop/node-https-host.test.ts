import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { idempotencyOf } from 'fetch-idempotency'
import { thrown } from '../fetch/fakes.js'
import { closedPort, listen } from '../transport/loopback.js'
import { createNodeHost } from './node-host.js'

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown

/** A server that executes each key once, and answers with one step for each request, the last one over and over. */
async function serve(...steps: [Answer, ...Answer[]]) {
  const keys: (string | undefined)[] = []
  const executed = new Set<string | undefined>()
  const { base } = await listen((request, response) => {
    request.resume().on('end', () => {
      const key = request.headers['idempotency-key'] as string | undefined
      keys.push(key)
      executed.add(key)
      steps[Math.min(keys.length, steps.length) - 1]?.(response, request)
    })
  })
  return { base, keys, executed }
}

const created: Answer = (response) => response.writeHead(201).end('{"id":1}')
const loseAnswer: Answer = (_, request) => request.socket.resetAndDestroy()
const cutBody: Answer = (response) => {
  response.writeHead(201, { 'content-length': 100 }).write('{')
  setImmediate(() => response.socket?.resetAndDestroy())
}
const retry = { backoff: () => 1 }
const post = { method: 'post', body: '{}' }

describe('a host that knows no Response', () => {
  it.each([
    ['before its head', loseAnswer],
    ['in its body', cutBody],
    ['for a 503', ((response) => response.writeHead(503).end()) as Answer],
  ])('sends again under the same key when the answer is lost %s', async (_, step) => {
    const { base, keys, executed } = await serve(step, created)
    const answer = await createNodeHost({ retry })(base, post)
    expect([answer.status, String(answer.body)]).toEqual([201, '{"id":1}'])
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), keys[0]])
    expect(executed.size).toBe(1)
    expect(idempotencyOf(answer)).toEqual({ key: keys[0], attempts: 2, replayed: false, outcome: 'applied' })
  })

  it('gives a definite failure as it is', async () => {
    const { base, keys } = await serve((response) => response.writeHead(400).end('no'))
    const answer = await createNodeHost({ retry })(base, post)
    expect([answer.status, keys.length]).toEqual([400, 1])
    expect(idempotencyOf(answer)?.outcome).toBe('not-applied')
  })

  it('knows that a refused connection has applied nothing', async () => {
    const send = createNodeHost({ retry: { ...retry, maxAttempts: 3 } })
    const error = await thrown(send(`http://127.0.0.1:${await closedPort()}/`, post))
    expect(error).toMatchObject({ code: 'not_applied', outcome: 'not-applied', attempts: 3 })
  })

  it('ends with the abort of its caller, with the caller’s reason', async () => {
    const { base, keys } = await serve(() => undefined)
    const controller = new AbortController()
    const call = thrown(createNodeHost({ retry })(base, { ...post, signal: controller.signal }))
    await vi.waitFor(() => expect(keys).toHaveLength(1))
    const reason = new Error('mine')
    controller.abort(reason)
    expect(await call).toBe(reason)
    expect(idempotencyOf(reason)).toMatchObject({ key: keys[0], attempts: 1, outcome: 'unknown' })
  })

  it('ends with its deadline', async () => {
    const { base } = await serve(() => undefined)
    const error = await thrown(createNodeHost({ retry: { ...retry, deadlineMs: 200 } })(base, post))
    expect(error).toMatchObject({ code: 'deadline_exceeded', outcome: 'unknown', attempts: 1 })
  })

  it('sends two calls with one key as one request', async () => {
    const { base, keys } = await serve((response) => setTimeout(() => created(response, response.req), 50))
    const send = createNodeHost({ retry })
    const call = { ...post, key: 'mine' }
    const [one, other] = await Promise.all([send(base, call), send(base, call)])
    expect([keys, one?.status, other?.status]).toEqual([['mine'], 201, 201])
    for (const answer of [one, other]) expect(idempotencyOf(answer)?.outcome).toBe('applied')
    expect((await thrown(Promise.all([send(base, call), send(base, { ...call, body: 'x' })]))).name).toBe(
      'KeyReusedError',
    )
  })
})
