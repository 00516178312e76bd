import { expect } from 'vitest'
import type { IdempotencyEvent } from 'fetch-idempotency'
import { startMs } from '../fetch/fakes.js'
import { byOperation, findGrammarFaults } from './event-grammar.js'
import type { Host, Told, Write } from './hosts.js'
import type { Scene, Seen } from './scene.js'
import { openStage, type Stage } from './stage.js'

/** A clock on which a wait takes no time, and during which the server changes. */
export function virtualClock(whileWaiting: (ms: number) => unknown) {
  let nowMs = startMs
  const waits: number[] = []
  return {
    waits,
    now: () => nowMs,
    pass: (ms: number) => void (nowMs += ms),
    async sleep(ms: number, signal?: AbortSignal): Promise<void> {
      signal?.throwIfAborted()
      waits.push(ms)
      nowMs += ms
      await whileWaiting(ms)
    },
  }
}

export interface Played {
  readonly told: Told
  readonly stage: Stage
  readonly events: readonly IdempotencyEvent[]
  readonly waits: readonly number[]
}

/** A host over a real server and a virtual clock. */
export async function open(
  host: Host,
  { server, secure, options, onArrived, onWait, waitLastsMs, onEvent }: Opening,
) {
  const events: IdempotencyEvent[] = []
  const clock = virtualClock(async (ms) => {
    if (waitLastsMs !== undefined) clock.pass(waitLastsMs - ms)
    await onWait?.(ms)
    await stage.prepare()
  })
  const passedMs = () => clock.now() - startMs
  const stage = await openStage({ steps: server, secure, pass: clock.pass, passedMs, onArrived })
  const send = host.open({
    clock,
    random: () => 0.5,
    onEvent(event) {
      events.push(event)
      onEvent?.(event)
    },
    ...options,
  })
  const post = ({ url = '', ...call }: Partial<Write> = {}) =>
    send({ method: 'POST', body: '{"item":1}', ...call, url: stage.url + url })
  return { post, stage, events, clock, waits: clock.waits }
}

export interface Opening extends Pick<Scene, 'server' | 'secure' | 'options'> {
  readonly onArrived?: (count: number) => void
  /** Runs in each wait, which lasts as long as that takes. */
  readonly onWait?: (ms: number) => unknown
  /** How long each wait really lasts on the virtual clock. By default as long as it was asked for. */
  readonly waitLastsMs?: number
  readonly onEvent?: (event: IdempotencyEvent) => void
}

/** Plays a scene. */
export async function play(scene: Scene, host: Host): Promise<Played> {
  const { post, stage, events, waits } = await open(host, scene)
  try {
    const call = typeof scene.call === 'function' ? scene.call() : scene.call
    return { told: await post(call), stage, events, waits }
  } finally {
    await stage.close()
  }
}

/** Checks all that a scene says, and what holds in every one. */
export function check({ seen, key, differs }: Scene, { name, words }: Host, played: Played): void {
  const { told, stage, events, waits } = played
  const { facts, what } = told
  const expected = { ...seen, end: words[seen.end] ?? seen.end, ...differs?.[name] }
  const verdicts = events.flatMap((event) => (event.type === 'attempt-ended' ? [event.verdict] : []))
  const found: Partial<Seen> = {
    verdicts,
    end: what,
    ...(facts && { outcome: facts.outcome, replayed: facts.replayed }),
    made: stage.made(),
    arrived: stage.arrived.length,
    ...(expected.waits && { waits }),
  }
  const made = expected.outcome === 'applied' ? 1 : 0
  const arrived = verdicts.filter((verdict) => verdict !== 'not-sent' && verdict !== 'unsendable').length
  expect(found).toEqual({ made, arrived, replayed: false, ...expected })
  checkEvery(played)
  expect(facts?.attempts).toBe(verdicts.length)
  if (key === 'none') expect(facts?.key).toBeUndefined()
  else if (key !== undefined) expect(facts?.key).toBe(key)
  else expect(facts?.key).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
}

/** What holds in every scene: rules 1, 5 and 21, and that every attempt was counted. */
export function checkEvery({ told, stage, events, waits }: Played): void {
  const { arrived } = stage
  for (const one of byOperation(events)) expect(findGrammarFaults(one)).toEqual([])
  for (const one of arrived) {
    expect(one).toEqual(arrived[0])
    expect(one.key).toBe(told.facts?.key)
  }
  const toldWaits = events.flatMap((event) => (event.type === 'waiting' ? [event.delayMs] : []))
  expect(waits).toEqual(toldWaits.filter((ms) => ms > 0))
  // Of a call that sends nothing, nothing is told.
  if (events.length > 0)
    expect(events.at(-1)).toMatchObject({ type: 'settled', outcome: told.facts?.outcome })
  else expect(arrived).toEqual([])
}
