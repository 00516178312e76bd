import { couldKnowKey } from './could-know-key.js'
import type { Answer, Reading } from './verdict.js'

/** A code that says so, under one of the names that servers have for codes. */
const inProgress =
  /"(code|type|name|error|reason|issue|status|state|error_?code)":\s*"[^"]*(in.?(progress|flight)|(key|request).?in.?use|processing(?!.error)|concurrent|still running)/i

/** The statuses with which servers answer a request whose key is in use: a conflict, and what is locked. */
export function isConflict({ status }: Pick<Answer, 'status'>): boolean {
  return status === 409 || status === 423
}

/** A conflict that may be our own first attempt, still being worked on: nobody has said so. */
const guess: Reading = {
  verdict: 'running',
  guessed: true,
  askEveryMs: 2_000,
  askForMs: 12_000,
  maxAsks: 10,
}

function saysRunning({ headers, text = '' }: Answer): boolean {
  return headers.get('retry-after') !== null || inProgress.test(text)
}

/**
 * What a conflict means, of which a contract says nothing. It has many meanings; only what our own history makes likely is believed.
 */
export function readConflict(answer: Answer): Reading {
  if (answer.mayHaveRun && answer.key !== undefined) return guess
  if (answer.keyOrigin !== 'given') return { verdict: 'failed' }
  return saysRunning(answer) ? guess : { verdict: 'failed', outcome: 'unknown' }
}

/**
 * What a 409 or a refusal means that comes from the server's store, as its marker says. A store keeps more than what the work
 * answered: its own "in progress" as well, which then hides how the work ended. So it is asked about, and nothing is claimed.
 * Only under the caller's key, and before anything of this operation can have run, it speaks of an earlier call.
 */
export function readStoredConflict(answer: Answer): Reading {
  const isOfEarlierCall = answer.keyOrigin === 'given' && !answer.mayHaveRun
  if (answer.key === undefined) return { verdict: 'failed', outcome: 'unknown' }
  return isOfEarlierCall && !(isConflict(answer) && saysRunning(answer))
    ? { verdict: 'stored-failure', outcome: 'unknown' }
    : guess
}

/** What servers say of a key that they know, with the same payload or another one, and of a request that they are working on. */
const aboutKey =
  /idempoten|fingerprint|duplicate|re-?used|(already|previously).(been.)?(used|exist|process)|(same|original|another|different).(api.)?(key|request|payload|param|body)|(payload|parameters?|body|request|key).(mismatch|differ|does.{0,2}n.t.match)|key.{1,9}expired|in.?progress|being.process|outstanding|concurrent/i

/**
 * Whether a refusal may be about a key that the server knows: an earlier call or attempt with it may then have been applied. A
 * text that speaks of something else is believed; a 417 or 422, which servers use for a key with another payload, has to
 * say something.
 */
export function mayBeAboutKey(answer: Answer): boolean {
  if (!couldKnowKey(answer)) return false
  const { status, text = '' } = answer
  return /[a-z]/i.test(text)
    ? status === 417 || aboutKey.test(text) || inProgress.test(text)
    : status === 417 || status === 422
}

/**
 * A contract may read a status as `running` that has other meanings too. On the first attempt with a new key the server cannot
 * have known the key: unless the answer names it, or comes from the server's store, it is about something else.
 */
export function isOtherConflict(reading: Reading, replayed: boolean, answer: Answer): boolean {
  return reading.verdict === 'running' && !reading.namesKey && !replayed && !couldKnowKey(answer)
}
