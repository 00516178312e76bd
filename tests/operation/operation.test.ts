import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Reading, Verdict } from '../../src/contract/verdict.js'
import type { Outcome } from '../../src/errors/idempotency-error.js'
import { beginAttempt, endAttempt, outcomeOf, type Operation } from '../../src/operation/operation.js'

const verdicts: readonly Verdict[] = [
  'not-sent',
  'unsendable',
  'refused',
  'unknown',
  'running',
  'done',
  'already-done',
  'stored-failure',
  'key-reused',
  'key-expired',
  'failed',
]

const fresh: Operation = {
  method: 'POST',
  url: 'https://api.test/orders',
  key: 'k',
  keyOrigin: 'generated',
  conditional: false,
  resendable: true,
  firstSentMs: 0,
  attempts: 0,
  spent: 0,
  asks: 0,
  mayHaveRun: false,
}

describe('beginAttempt', () => {
  it('counts a request that is sent and spent', () => {
    expect(beginAttempt(fresh)).toEqual({ ...fresh, attempts: 1, spent: 1 })
  })

  it('leaves the operation that it is given as it was', () => {
    const before = { ...fresh }
    beginAttempt(fresh)
    expect(fresh).toEqual(before)
  })
})

describe('endAttempt', () => {
  const sent = beginAttempt(fresh)

  it.each(verdicts.filter((verdict) => verdict !== 'unknown' && verdict !== 'running'))(
    'changes nothing after %s',
    (verdict) => {
      expect(endAttempt(sent, { verdict })).toEqual(sent)
    },
  )

  it('remembers that a lost attempt may have run', () => {
    expect(endAttempt(sent, { verdict: 'unknown' })).toEqual({ ...sent, mayHaveRun: true })
  })

  it('gives back the attempt on which the server was still running, and counts the ask', () => {
    expect(endAttempt(sent, { verdict: 'running' })).toEqual({
      ...sent,
      spent: 0,
      asks: 1,
      mayHaveRun: true,
    })
  })

  it.each<Verdict>(['failed', 'refused', 'stored-failure'])(
    'remembers that an attempt whose %s leaves the outcome open may have run',
    (verdict) => {
      expect(endAttempt(sent, { verdict, outcome: 'unknown' }).mayHaveRun).toBe(true)
    },
  )
})

describe('a layer below that may resend', () => {
  const below = endAttempt(beginAttempt(fresh), { verdict: 'refused' }, true)

  it('makes the number of requests a lower bound, from then on', () => {
    expect(below.isLowerBound).toBe(true)
    expect(endAttempt(beginAttempt(below), { verdict: 'refused' }).isLowerBound).toBe(true)
  })

  it.each(verdicts)('takes every promise that nothing was executed from %s', (verdict) => {
    const alone = outcomeOf(fresh, { verdict })
    const isDoubtful = alone === 'not-applied' && verdict !== 'unsendable'
    expect(outcomeOf(below, { verdict })).toBe(isDoubtful ? 'unknown' : alone)
  })

  it.each<[string, Partial<Operation>, boolean]>([
    ['to a first attempt with a new key', {}, true],
    ['to a second attempt', { attempts: 1 }, false],
    ['to a key of the caller', { keyOrigin: 'given' }, false],
    ['to a call that goes on with an earlier one', { mayHaveRun: true }, false],
  ])('is found by a replay %s: %o %s', (_, before, isFound) => {
    const ended = endAttempt(beginAttempt({ ...fresh, ...before }), { verdict: 'done', replayed: true })
    expect(ended.hiddenResend ?? false).toBe(isFound)
  })
})

describe('outcomeOf', () => {
  const table: Readonly<Record<Verdict, readonly [clean: Outcome, afterLost: Outcome]>> = {
    'not-sent': ['not-applied', 'unknown'],
    unsendable: ['not-applied', 'unknown'],
    refused: ['not-applied', 'unknown'],
    unknown: ['unknown', 'unknown'],
    running: ['unknown', 'unknown'],
    done: ['applied', 'applied'],
    'already-done': ['applied', 'applied'],
    'stored-failure': ['not-applied', 'not-applied'],
    'key-reused': ['not-applied', 'unknown'],
    'key-expired': ['unknown', 'unknown'],
    failed: ['not-applied', 'unknown'],
  }

  it.each(verdicts)('knows what %s leaves true, on a clean history and after a lost attempt', (verdict) => {
    const [clean, afterLost] = table[verdict]
    expect(outcomeOf(fresh, { verdict })).toBe(clean)
    expect(outcomeOf({ ...fresh, mayHaveRun: true }, { verdict })).toBe(afterLost)
  })

  it.each<Outcome>(['applied', 'not-applied', 'unknown'])('takes the word of the contract: %s', (outcome) => {
    for (const verdict of verdicts) expect(outcomeOf(fresh, { verdict, outcome })).toBe(outcome)
  })
})

describe('an operation over any history', () => {
  const reading = fc.record<Reading>(
    {
      verdict: fc.constantFrom(...verdicts),
      outcome: fc.constantFrom<Outcome | undefined>(undefined, undefined, 'unknown'),
    },
    { requiredKeys: ['verdict'] },
  )
  const history = fc.array(reading, { minLength: 1, maxLength: 12 })
  const play = (readings: readonly Reading[]) =>
    readings.reduce((operation, one) => endAttempt(beginAttempt(operation), one), fresh)

  it('never changes its key, target, deadline or birth', () => {
    fc.assert(
      fc.property(history, (readings) => {
        const { attempts, spent, asks, mayHaveRun, ...identity } = play(readings)
        const { attempts: _, spent: __, asks: ___, mayHaveRun: ____, ...expected } = fresh
        expect(identity).toEqual(expected)
        expect(attempts).toBe(readings.length)
        expect(spent + asks).toBe(attempts)
        expect(typeof mayHaveRun).toBe('boolean')
      }),
    )
  })

  it('says not-applied only if no attempt may have run, or the server has frozen a failure', () => {
    fc.assert(
      fc.property(history, (readings) => {
        const last = readings.at(-1) as Reading
        const mayHaveRun = readings.some(
          ({ verdict, outcome }) => verdict === 'unknown' || verdict === 'running' || outcome === 'unknown',
        )
        const outcome = outcomeOf(play(readings), last)
        if (mayHaveRun && last.verdict !== 'stored-failure') expect(outcome).not.toBe('not-applied')
      }),
    )
  })

  it('never forgets that an attempt may have run', () => {
    fc.assert(
      fc.property(history, (readings) => {
        let operation = fresh
        for (const one of readings) {
          const next = endAttempt(beginAttempt(operation), one)
          expect(next.mayHaveRun || !operation.mayHaveRun).toBe(true)
          operation = next
        }
      }),
    )
  })
})
