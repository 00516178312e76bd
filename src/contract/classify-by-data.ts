import type { AnswerMeanings, AnswerPattern, DuplicatePattern, ResultPlace } from './answer-patterns.js'
import { couldKnowKey } from './could-know-key.js'
import { readField, readId, readText } from './json-field.js'
import { listOf, matchesPattern, namesKey } from './match-pattern.js'
import { mayBeAboutKey } from './read-conflict.js'
import type { Answer, Reading, StoredResult, Verdict } from './verdict.js'

type Meaning = Exclude<keyof AnswerMeanings, 'wrappedReplay'>

const meanings: readonly Meaning[] = ['running', 'reused', 'alreadyDone', 'expired', 'keyMissing']

function steps(path: string): readonly string[] {
  return path.split('.')
}

/** The first result inside an answer, `undefined` where the answer does not hold it. */
function readResult({ field, status = 200 }: ResultPlace, { text, json }: Answer): StoredResult | undefined {
  // The text as it stands keeps every digit of its numbers.
  if (field === undefined) return text === undefined ? undefined : { status, text }
  const value = readField(json, ...steps(field))
  return value === undefined ? undefined : { status, text: JSON.stringify(value) }
}

function readOriginal(
  { id, url }: DuplicatePattern,
  { headers, json, url: target }: Answer,
): Reading['original'] {
  const place = url === undefined ? (headers.get('location') ?? undefined) : readText(json, ...steps(url))
  return {
    id: id === undefined ? undefined : readId(json, ...steps(id)),
    url: place !== undefined && URL.canParse(place, target) ? new URL(place, target).href : undefined,
  }
}

function readDuplicate(pattern: DuplicatePattern, answer: Answer): Reading {
  // Something on the way may have sent the request twice. A success is one in either case.
  if (!namesKey(pattern) && !couldKnowKey(answer))
    return answer.status < 300 ? { verdict: 'done' } : { verdict: 'failed', outcome: 'unknown' }
  return {
    verdict: 'already-done',
    outcome: pattern.alsoAfterFailure ? 'unknown' : undefined,
    original: readOriginal(pattern, answer),
    result: pattern.result && readResult(pattern.result, answer),
  }
}

function readMeaning(
  meaning: Meaning,
  pattern: AnswerPattern,
  answer: Answer,
): Reading | Verdict | undefined {
  const isNamed = namesKey(pattern)
  switch (meaning) {
    case 'running':
      return { verdict: 'running', namesKey: isNamed }
    case 'reused':
      return isNamed || answer.keyOrigin === 'given' ? 'key-reused' : undefined
    case 'alreadyDone':
      return readDuplicate(pattern, answer)
    case 'expired':
      return isNamed || couldKnowKey(answer) ? 'key-expired' : undefined
    case 'keyMissing':
      return isNamed || !mayBeAboutKey(answer) ? { verdict: 'failed', resend: false } : undefined
  }
}

/** Reads answers by what a contract says of them as data. Patterns that name the key come before those of a status alone. */
export function classifyByData(answers: AnswerMeanings, answer: Answer): Reading | Verdict | undefined {
  const { wrappedReplay } = answers
  if (wrappedReplay !== undefined && answer.status < 300) {
    const isWrapped = readField(answer.json, ...steps(wrappedReplay.marker)) === true
    if (isWrapped) return { verdict: 'done', replayed: true, result: readResult(wrappedReplay, answer) }
  }
  for (const isNamed of [true, false])
    for (const meaning of meanings)
      for (const pattern of listOf<AnswerPattern>(answers[meaning]))
        if (namesKey(pattern) === isNamed && matchesPattern(pattern, answer)) {
          const read = readMeaning(meaning, pattern, answer)
          if (read !== undefined) return read
        }
  return undefined
}
