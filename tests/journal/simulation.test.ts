import { idempotencyOf } from 'fetch-idempotency'
import { isJournalError, isRunDivergedError, runOnce } from 'fetch-idempotency/journal'
import { describe, expect, it } from 'vitest'
import { isWhole } from '../whole.js'
import { createWorld, type Interruption, type Process, type World } from './virtual-world.js'

const url = 'https://api.test/orders'

const post = ({ send }: Process, operationId = 'order-17') =>
  send(url, { method: 'POST', body: `body of ${operationId}`, idempotency: { operationId } })

const crashAt =
  (number: number): Interruption =>
  (point) =>
    point.number === number ? 'crash' : 'go on'

/** Does something for each point that a process passes when nothing is in its way, and gives the points. */
async function atEachPoint(
  loses: World['loses'],
  act: (number: number, world: World) => Promise<void>,
): Promise<readonly string[]> {
  const whole = createWorld()
  whole.loses = loses
  const undisturbed = whole.start()
  await whole.live(post(undisturbed))
  const { points } = undisturbed
  for (let number = 1; number <= points.length; number += 1) {
    const world = createWorld()
    world.loses = loses
    await act(number, world)
  }
  return points
}

const losses: Readonly<Record<string, World['loses']>> = {
  'no answer is lost': () => false,
  'the first answer is lost': (request) => request === 1,
  'two answers are lost': (request) => request <= 2,
}

describe.each(Object.entries(losses))('an operation, when %s', (_, loses) => {
  it('is executed once, whichever await the process dies at', async () => {
    const points = await atEachPoint(loses, async (number, world) => {
      expect(await world.live(post(world.start(crashAt(number)))).catch(() => 'stopped'), `${number}`).toBe(
        'stopped',
      )
      const response = await world.live(post(world.start()))
      expect(response, `after a crash at ${number}`).toBeInstanceOf(Response)
      expect(idempotencyOf(response)?.outcome).toBe('applied')
      expect(world.executed, `after a crash at ${number}`).toEqual(['body of order-17'])
      expect(new Set(world.requests.map(({ key }) => key)).size).toBe(1)
      const { entries } = await world.store.list({ state: 'settled' }, { limit: 9 })
      expect(entries).toHaveLength(1)
    })
    expect(points.length).toBeGreaterThanOrEqual(6)
  })

  it('is executed once by recover, whichever await the process and the recovery die at', async () => {
    await atEachPoint(loses, async (number, world) => {
      const keep = { keepRequests: true }
      await world.live(post(world.start(crashAt(number), keep))).catch(() => undefined)
      for (let recovery = 1; recovery <= 12; recovery += 1) {
        const { journal, send } = world.start(crashAt(recovery), keep)
        await world.live(journal.recover({ fetch: send })).catch(() => undefined)
        world.pass(10_001)
      }
      const { journal, send } = world.start(undefined, keep)
      await world.live(journal.recover({ fetch: send }))
      expect((await world.store.list({ state: 'open' }, { limit: 9 })).entries).toEqual([])
      // A crash before the claim leaves nothing to recover.
      expect(world.executed.length).toBe(number === 1 ? 0 : 1)
    })
  })

  it('is executed once, and told truly, when a worker is away for longer than its lease at any await', async () => {
    await atEachPoint(loses, async (number, world) => {
      let comeBack!: () => void
      const away = new Promise<void>((resolve) => (comeBack = resolve))
      const first = post(world.start((point) => (point.number === number ? away : 'go on'))).catch(
        (error: Error) => error,
      )
      // Its renewals go on only as long as the process does: here it stands still as a whole.
      for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve))
      world.pass(10_001)
      const second = await world.live(post(world.start()))
      expect(idempotencyOf(second)?.outcome, `away at ${number}`).toBe('applied')
      comeBack()
      const result = await world.live(first)
      expect(world.executed, `away at ${number}`).toEqual(['body of order-17'])
      expect(new Set(world.requests.map(({ key }) => key)).size).toBe(1)
      if (!isJournalError(result)) expect(idempotencyOf(result)?.outcome, `away at ${number}`).toBe('applied')
      expect((await world.store.list({ state: 'settled' }, { limit: 9 })).entries).toHaveLength(1)
    })
  })

  it.each(['once', 'for good'] as const)(
    'has a true verdict when the store fails at any call %s',
    async (how) => {
      await atEachPoint(loses, async (number, world) => {
        const process = world.start((point) => {
          const isNow = how === 'once' ? point.number === number : point.number >= number
          return isNow && !point.what.endsWith('send') ? 'fail' : 'go on'
        })
        const result = await world.live(post(process).catch((error: Error) => error))
        if (isJournalError(result)) {
          expect(result.problem).toBe('unavailable')
          expect(how).toBe('for good')
          if (number <= 2) expect(world.requests).toEqual([])
        } else expect(idempotencyOf(result)?.outcome, `fails at ${number}`).toBe('applied')
        world.pass(10_001)
        const again = await world.live(post(world.start()))
        expect(idempotencyOf(again)?.outcome).toBe('applied')
        expect(world.executed, `fails at ${number}`).toEqual(['body of order-17'])
      })
    },
  )
})

/** The points at which a run is ended: all of them, or each tenth in a short run. */
const pointsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => index + 1).filter((point) => isWhole || point % 10 === 1)

describe('operations that were enqueued', { timeout: 120_000 }, () => {
  const ids = Array.from({ length: 6 }, (_, index) => `order-${index}`)
  const keep = { keepRequests: true }
  const enqueueIn = async (world: World) => {
    const { journal } = world.start(undefined, keep)
    for (const id of ids) await world.live(journal.enqueue(id, { url, body: `body of ${id}` }))
    // Now and then, so that operations which were begun ahead and never sent are among those that are left.
    world.loses = (request) => request % 3 === 1
  }
  const recoverIn = (world: World, interrupt?: Interruption) => {
    const process = world.start(interrupt, keep)
    // One at a time: the first four are claimed before it is known how they are sent, the others are begun ahead.
    return { process, work: process.journal.recover({ fetch: process.send, concurrency: 1 }) }
  }

  it.each(['crash', 'fail', 'away'] as const)(
    'are executed once each, whichever await the recovery meets a %s at',
    async (how) => {
      const whole = createWorld()
      await enqueueIn(whole)
      const undisturbed = recoverIn(whole)
      await whole.live(undisturbed.work)
      for (const number of pointsOf(undisturbed.process.points.length)) {
        const world = createWorld()
        await enqueueIn(world)
        let comeBack!: () => void
        const away = new Promise<void>((resolve) => (comeBack = resolve))
        const first = recoverIn(world, (point) => {
          // The fetch of this world fails by the answers that are lost.
          const isElsewhere = how === 'fail' && point.what.endsWith('send')
          if (point.number !== number || isElsewhere) return 'go on'
          return how === 'away' ? away : how
        })
        const ended = first.work.catch(() => undefined)
        await world.live(ended)
        world.pass(10_001)
        await world.live(recoverIn(world).work)
        comeBack()
        await world.live(ended)
        await world.live(recoverIn(world).work)
        expect(world.executed.toSorted(), `${how} at ${number}`).toEqual(ids.map((id) => `body of ${id}`))
        expect((await world.store.list({ state: 'open' }, { limit: 9 })).entries).toEqual([])
      }
    },
  )
})

describe('a run of ten writes', { timeout: 120_000 }, () => {
  const steps = Array.from({ length: 10 }, (_, index) => index)
  const job = ({ journal, send }: Process, bodyOf: (step: number) => string) =>
    runOnce('job-42', { journal }, async () => {
      for (const step of steps) await send(url, { method: 'POST', body: bodyOf(step) })
    })

  async function countPoints(): Promise<number> {
    const world = createWorld()
    const process = world.start()
    await world.live(job(process, String))
    expect(world.executed).toEqual(steps.map(String))
    return process.points.length
  }

  it('executes each once, whichever await the worker dies at', async () => {
    const points = await countPoints()
    expect(points).toBeGreaterThan(60)
    for (const number of pointsOf(points)) {
      const world = createWorld()
      await world.live(job(world.start(crashAt(number)), String)).catch(() => undefined)
      expect(await world.live(job(world.start(), String)), `after a crash at ${number}`).toBeUndefined()
      expect(world.executed, `after a crash at ${number}`).toEqual(steps.map(String))
    }
  })

  it('catches every divergence before it is sent, when bodies hold the time', async () => {
    const points = pointsOf(await countPoints())
    let caught = 0
    for (const number of points) {
      const world = createWorld()
      let tick = 0
      const bodyOf = (step: number) => `${step} at ${(tick += 1)}`
      await world.live(job(world.start(crashAt(number)), bodyOf)).catch(() => undefined)
      const before = world.requests.length
      const again = await world.live(job(world.start(), bodyOf).catch((error: unknown) => error))
      const perStep = steps.map((step) => world.executed.filter((body) => body.startsWith(`${step} `)).length)
      expect(Math.max(...perStep), `after a crash at ${number}`).toBeLessThanOrEqual(1)
      if (again instanceof Error) {
        expect(isRunDivergedError(again), String(again)).toBe(true)
        expect(world.requests.length).toBe(before)
        caught += 1
      } else expect(perStep).toEqual(steps.map(() => 1))
    }
    // Only before the first step is written down is there nothing to differ from.
    expect(caught).toBeGreaterThan(points.length - (isWhole ? 10 : 3))
  })

  it('executes each once, with the time that the first run remembers', async () => {
    let tick = 0
    const few = steps.slice(0, 4)
    const timed = ({ journal, send }: Process) =>
      runOnce('job-42', { journal }, async (run) => {
        for (const step of few) {
          const at = await run.remember(`time ${step}`, () => (tick += 1))
          await send(url, { method: 'POST', body: `${step} at ${at}` })
        }
      })
    const whole = createWorld()
    const undisturbed = whole.start()
    await whole.live(timed(undisturbed))
    for (const number of pointsOf(undisturbed.points.length)) {
      const world = createWorld()
      await world.live(timed(world.start(crashAt(number)))).catch(() => undefined)
      expect(await world.live(timed(world.start())), `after a crash at ${number}`).toBeUndefined()
      expect(world.executed.map((body) => body.split(' ')[0])).toEqual(few.map(String))
    }
  })
})
