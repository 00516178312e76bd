import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIdempotentFetch, idempotencyOf } from 'fetch-idempotency'
import {
  fakeClock,
  fetchFailed,
  json,
  playFetch,
  refusedPort,
  reset,
  thrown,
  url,
  type Step,
} from '../fetch/fakes.js'

const cut = () =>
  new Response(new ReadableStream({ start: (controller) => controller.error(new TypeError('terminated')) }), {
    headers: { 'content-type': 'application/json' },
  })

/** What can come of an attempt, and whether the server may have acted. */
const attempts: [name: string, make: () => Step, mayRun: boolean][] = [
  ['reset', reset, true],
  ['cut', () => cut, true],
  ['refused port', refusedPort, false],
  ['bad certificate', () => fetchFailed({ code: 'CERT_HAS_EXPIRED' }), false],
  ['302', () => json(302), true],
  ['400', () => json(400), false],
  ['404', () => json(404), false],
  ['408', () => json(408), false],
  ['409', () => json(409), false],
  ['409 with Retry-After', () => json(409, {}, { 'retry-after': '1' }), false],
  ['425', () => json(425), false],
  ['429', () => json(429), false],
  ['500', () => json(500), true],
  ['501', () => json(501), false],
  ['503', () => json(503), true],
  ['504', () => json(504), true],
]

async function outcomeOfPlay(steps: readonly Step[], init: object = {}) {
  const { fetch, sent } = playFetch(...(steps as [Step]))
  const send = createIdempotentFetch({ fetch, clock: fakeClock() })
  const end = await send(url, { method: 'POST', body: '{}', ...init }).catch((error: unknown) => error)
  return { facts: idempotencyOf(end), sent: sent.length }
}

describe('Rule 11: not-applied is a promise', () => {
  it('that is never given when an attempt may have run', async () => {
    const any = fc.constantFrom(...attempts)
    await fc.assert(
      fc.asyncProperty(
        fc.array(any, { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (plays, isGiven) => {
          const init = isGiven ? { idempotencyKey: 'given' } : {}
          const { facts, sent } = await outcomeOfPlay(
            plays.map(([, make]) => make()),
            init,
          )
          const seen = Array.from({ length: sent }, (_, index) => plays[Math.min(index, plays.length - 1)]!)
          const mayHaveRun = seen.some(([, , mayRun]) => mayRun)
          if (mayHaveRun) expect(facts?.outcome).not.toBe('not-applied')
          expect(facts?.attempts).toBe(sent)
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([400, 401, 403, 404, 422, 429, 501])('given for a first answer of %d', async (status) => {
    expect((await outcomeOfPlay([json(status)])).facts?.outcome).toBe('not-applied')
  })

  it.each([400, 404, 409, 422, 429, 501])('not given for %d after a lost answer', async (status) => {
    expect((await outcomeOfPlay([reset(), json(status)])).facts?.outcome).toBe('unknown')
  })

  it('not given for an answer that a contract leaves open, whatever follows it', async () => {
    const { defineContract } = await import('fetch-idempotency/contracts')
    const contract = defineContract({
      classify: ({ status }) =>
        status === 424 ? { verdict: 'failed', outcome: 'unknown', resend: true } : undefined,
    })
    const { fetch } = playFetch(json(424), json(400))
    const response = await createIdempotentFetch({ fetch, clock: fakeClock(), contract })(url, {
      method: 'POST',
    })
    expect(response.status).toBe(400)
    expect(idempotencyOf(response)).toMatchObject({ attempts: 2, outcome: 'unknown' })
  })

  it('not given when the first sending lies before this call', async () => {
    const init = { idempotencyKey: 'k', idempotency: { firstSentAt: fakeClock().now() - 1000 } }
    expect((await outcomeOfPlay([json(400)], init)).facts?.outcome).toBe('unknown')
    expect((await outcomeOfPlay([refusedPort()], init)).facts?.outcome).toBe('unknown')
  })

  it('not given for a caller’s key that meets an unexplained conflict', async () => {
    expect((await outcomeOfPlay([json(409)], { idempotencyKey: 'k' })).facts?.outcome).toBe('unknown')
  })

  it('not given for a stored server error', async () => {
    const stored = json(500, {}, { 'idempotent-replayed': 'true' })
    expect((await outcomeOfPlay([stored])).facts?.outcome).toBe('unknown')
  })

  it('not given while an attempt is on its way', async () => {
    const controller = new AbortController()
    const { fetch } = playFetch(() => {
      controller.abort()
      return new Promise(() => undefined)
    })
    const send = createIdempotentFetch({ fetch })
    const reason = await thrown(send(url, { method: 'POST', signal: controller.signal }))
    expect(idempotencyOf(reason)?.outcome).toBe('unknown')
  })
})
