import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idempotencyOf, type WritePolicy } from 'fetch-idempotency'
import { fakeClock, fetchFailed, json, refusedPort, reset, systemError, url } from '../fetch/fakes.js'
import { isWhole } from '../whole.js'
import { fetchHosts, hosts, type Send, type Told } from './hosts.js'
import { open } from './play.js'
import { answered, cut, lost, made, madeBut, refused, type Step } from './stage.js'

/** What the network and the server do to one request. */
const steps = {
  none: made,
  'refused port': refused,
  'reset before': lost,
  'reset after': madeBut(lost),
  'cut after': madeBut(cut(201)),
  '429': answered(429),
  '503 before': answered(503),
  '503 after': madeBut(answered(503)),
  '504 after': madeBut(answered(504)),
  '302 after': madeBut(answered(302)),
  '400': answered(400),
  '404': answered(404),
  '408': answered(408),
  '409': answered(409),
  '409 with Retry-After': answered(409, { 'retry-after': '1' }),
  '425': answered(425),
  '501': answered(501),
} satisfies Record<string, Step>
type Fault = keyof typeof steps
const faults = Object.keys(steps) as Fault[]

interface Server {
  readonly executions: () => number
  readonly send: Send
}

const cutBody = () => {
  const body = new ReadableStream({ start: (controller) => controller.error(new TypeError('terminated')) })
  return new Response(body, { status: 201, headers: { 'content-type': 'application/json' } })
}

/** The same server without sockets, which can also send the client on to where nobody is. */
function openFake(
  host: (typeof hosts)[number],
  script: readonly (Fault | 'redirect after')[],
  options: object,
): Server {
  const stored = new Set<string>()
  let executions = 0
  let requests = 0
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    await request.text()
    const key = request.headers.get('idempotency-key')
    const fault = script[requests] ?? 'none'
    requests += 1
    if (fault === 'refused port') throw refusedPort()
    const step: Step = fault === 'redirect after' ? madeBut(lost) : steps[fault]
    if (step.commits === true && !(key !== null && stored.has(key))) executions += 1
    if (step.commits === true && key !== null) stored.add(key)
    if (fault === 'redirect after')
      throw fetchFailed(systemError('ENOTFOUND', 'getaddrinfo', { hostname: 'elsewhere.test' }))
    if (step.loses === 'head') throw reset()
    return step.loses === 'body' ? cutBody() : json(step.status as number)
  }
  return {
    executions: () => executions,
    send: host.open({ fetch, clock: fakeClock(), ...options }),
  }
}

const calls = fc.record({
  writes: fc.constantFrom<WritePolicy>('keyed', 'never'),
  isKeyed: fc.boolean(),
  isGiven: fc.boolean(),
  maxAttempts: fc.integer({ min: 1, max: 6 }),
  method: fc.constantFrom('POST', 'PUT', 'PATCH'),
  again: fc.integer({ min: 0, max: 2 }),
})
type Call = typeof calls extends fc.Arbitrary<infer T> ? T : never

const optionsOf = ({ writes, maxAttempts, isKeyed }: Call) => ({
  writes,
  maxAttempts,
  ...(!isKeyed && { methods: [] }),
})

/** Sends a write, heeds the advice of its error, and checks that what it was told is true. */
async function checkOne(server: Server, call: Call, target: string): Promise<string> {
  const { isKeyed, isGiven, method, again } = call
  const key = isKeyed && isGiven ? 'given' : undefined
  const { facts, what, end }: Told = await server.send({ url: target, method, body: '{}', key })
  let outcome = facts?.outcome ?? 'unknown'
  let error = end as { retry?: () => Promise<{ status?: number }> }
  for (let more = 0; more < again && typeof error.retry === 'function'; more += 1) {
    if (!isKeyed && outcome !== 'not-applied') break
    const next: unknown = await error.retry().catch((reason: unknown) => reason)
    outcome = idempotencyOf(next)?.outcome ?? 'unknown'
    error = next as typeof error
  }
  expect(server.executions()).toBeLessThanOrEqual(1)
  if (outcome === 'applied') expect(server.executions()).toBe(1)
  if (outcome === 'not-applied') expect(server.executions()).toBe(0)
  if (what === 201) expect(outcome).toBe('applied')
  return outcome
}

/** A property that says something, most of the time. */
async function assertTrue(
  run: (script: Fault[], call: Call) => Promise<string>,
  script: fc.Arbitrary<string[]>,
  numRuns: number,
): Promise<void> {
  const counts: Record<string, number> = { applied: 0, 'not-applied': 0, unknown: 0 }
  let count = 0
  await fc.assert(
    fc.asyncProperty(script, calls, async (faultsOfRun, call) => {
      const outcome = await run(faultsOfRun as Fault[], call)
      counts[outcome] = (counts[outcome] ?? 0) + 1
      count += 1
    }),
    { numRuns },
  )
  expect(counts['applied']).toBeGreaterThan(count / 20)
  expect(counts['not-applied']).toBeGreaterThan(0)
  expect(counts['unknown']).toBeGreaterThan(0)
}

/** Many runs on a busy machine. */
const timeout = 120_000

describe('rule 11: a write happens at most once, and its outcome is never wrong', { timeout }, () => {
  it.concurrent.each(hosts)('over real sockets: $name', async (host) => {
    await assertTrue(
      async (script, call) => {
        const plan = [...script.map((fault) => steps[fault]), made] as unknown as [Step]
        const { post, stage } = await open(host, { server: plan, options: optionsOf(call) })
        try {
          const send: Send = ({ url: _, ...write }) => post(write)
          return await checkOne({ executions: stage.made, send }, call, '')
        } finally {
          await stage.close()
        }
      },
      fc.array(fc.constantFrom(...faults), { maxLength: 8 }),
      isWhole ? 400 : 40,
    )
  })

  it.each(fetchHosts)('in thousands of runs: $name', async (host) => {
    await assertTrue(
      (script, call) => checkOne(openFake(host, script, optionsOf(call)), call, url),
      fc.array(fc.constantFrom(...faults, 'redirect after' as const), { maxLength: 8 }),
      isWhole ? 3_000 : 250,
    )
  })

  it.concurrent.each(hosts)(
    'and ends as success whenever its faults end within its attempts: $name',
    async (host) => {
      const passing = faults.filter((fault) => /^(?!none)\D|^(?:429|50[34])/.test(fault))
      await fc.assert(
        fc.asyncProperty(fc.array(fc.constantFrom(...passing), { maxLength: 3 }), async (script) => {
          const plan = [...script.map((fault) => steps[fault]), made] as unknown as [Step]
          const { post, stage } = await open(host, { server: plan })
          const { what, facts } = await post()
          await stage.close()
          expect([what, stage.made()]).toEqual([201, 1])
          expect(facts).toMatchObject({ attempts: script.length + 1, outcome: 'applied' })
        }),
        { numRuns: isWhole ? 100 : 15 },
      )
    },
  )
})

describe('rule 1: the key never changes, whatever happens to the attempts', { timeout }, () => {
  it.concurrent.each(hosts)('$name', async (host) => {
    const kinds = [lost, refused, answered(503), answered(429), answered(409), madeBut(cut(201))]
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { maxLength: 12 }), async (script) => {
        const { post, stage } = await open(host, {
          server: [...script, made] as unknown as [Step],
          options: { maxAttempts: 20 },
        })
        const { facts } = await post()
        await stage.close()
        for (const { key } of stage.arrived) expect(key).toBe(facts?.key)
      }),
      { numRuns: isWhole ? 100 : 12 },
    )
  })
})
