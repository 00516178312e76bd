import type { IdempotencyEvent } from 'fetch-idempotency'

/** One letter for each event, so that the grammar is a pattern. */
export const letters: Readonly<Record<IdempotencyEvent['type'], string>> = {
  'attempt-started': 's',
  'attempt-ended': 'e',
  'key-ignored': 'i',
  waiting: 'w',
  settled: '.',
}

/** An attempt, or its end, may be missing before the last word alone: an abort or the deadline has cut it off. */
const grammar = /^(?:sei?w)*(?:s(?:ei?)?)?\.$/

/** What is wrong with the events of one operation, and with what they tell of it: nothing, where it is as rule 21 says. */
export function findGrammarFaults(events: readonly IdempotencyEvent[]): string[] {
  const word = events.map(({ type }) => letters[type]).join('')
  const faults = grammar.test(word) ? [] : [`the events are "${word}"`]
  for (const part of ['operation', 'key', 'method', 'url'] as const) {
    const values = new Set(events.map((event) => event[part]))
    if (values.size > 1) faults.push(`${part} differs: ${[...values].join(', ')}`)
  }
  let started = events[0]?.type === 'attempt-started' ? events[0].attempts - 1 : (events[0]?.attempts ?? 0)
  for (const { type, attempts } of events) {
    if (type === 'attempt-started') started += 1
    if (attempts !== started) faults.push(`${type} counts ${attempts} attempts after ${started}`)
  }
  if (!events.every(({ operation }) => /^[0-9a-f-]{36}$/.test(operation))) faults.push('no operation id')
  return faults
}

/** The events of each operation, in the order in which the operations began. */
export function byOperation(events: readonly IdempotencyEvent[]): IdempotencyEvent[][] {
  const found = new Map<string, IdempotencyEvent[]>()
  for (const event of events) found.set(event.operation, [...(found.get(event.operation) ?? []), event])
  return [...found.values()]
}
