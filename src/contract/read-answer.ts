import { couldKnowKey } from './could-know-key.js'
import { hasMarker } from './has-marker.js'
import {
  isConflict,
  isOtherConflict,
  mayBeAboutKey,
  readConflict,
  readStoredConflict,
} from './read-conflict.js'
import type { Contract } from './server-contract.js'
import { answered, type Answer, type Reading, type Verdict } from './verdict.js'

/** How long a server is asked whether it is still running where a contract does not say, in milliseconds. */
export const defaultAskMs = 60_000

/** The longest time for which any contract may have a server asked whether it is still running, in milliseconds. */
export const longestAskMs = 3_600_000

/** Whether a failure may be our own success, of an earlier attempt, or of an earlier call with a key of the caller's. */
function isDoubtful(answer: Answer): boolean {
  const { status, method } = answer
  const isGone = method === 'DELETE' && (status === 404 || status === 410)
  return (couldKnowKey(answer) && (isGone || status === 412)) || mayBeAboutKey(answer)
}

/** What an answer means on a server of which nothing is known. */
export function readStandard(answer: Answer): Reading {
  const { status, mayHaveRun } = answer
  if (status >= 200 && status < 300) return { verdict: 'done' }
  // A write that was redirected elsewhere, or an answer the browser hides, says nothing about the outcome.
  if (status < 400)
    return status === 304 && /^(?:GET|HEAD|QUERY)$/.test(answer.method)
      ? { verdict: 'done' }
      : { verdict: 'failed', outcome: 'unknown' }
  if (status === 408 || status === 421 || status === 425 || status === 429) return { verdict: 'refused' }
  if (isConflict(answer)) return readConflict(answer)
  if (mayHaveRun && answer.method === 'DELETE' && (status === 404 || status === 410))
    return { verdict: 'done', outcome: 'applied' }
  // 499: a gateway has given up, while the server behind it may go on.
  if ((status < 500 && status !== 499) || status === 501 || status === 505)
    // With a caller's key, an earlier call may have been the one that makes this one fail.
    return isDoubtful(answer) ? { verdict: 'failed', outcome: 'unknown' } : { verdict: 'failed' }
  return { verdict: 'unknown' }
}

function readHint(contract: Contract, headers: Headers): boolean | undefined {
  for (const name of contract.retryHints) {
    const value = headers.get(name)?.toLowerCase()
    if (value === 'true' || value === 'false') return value === 'true'
  }
  return undefined
}

function isMarked({ replayMarkers }: Contract, headers: Headers): boolean {
  for (const marker of replayMarkers) if (hasMarker(headers, marker)) return true
  return false
}

/** What a replay marker turns into a frozen failure. */
const frozen: ReadonlySet<Verdict> = new Set(['failed', 'unknown', 'key-reused'])

/**
 * A classifier that fails, or says what is no verdict, must not hide an answer; what it would have said of the outcome is not
 * known then.
 */
function classify(contract: Contract, answer: Answer): Reading | undefined {
  try {
    const said = contract.classify(answer) ?? undefined
    const reading = typeof said === 'string' ? { verdict: said } : said
    if (reading === undefined || answered.has(reading.verdict)) return reading
  } catch {
    // As below.
  }
  return { ...readStandard(answer), outcome: 'unknown' }
}

/** A bound in any case, whatever a contract or a classifier says. */
function boundAsks({ askForMs = Infinity }: Reading, contract: Contract): number {
  const ms = Math.min(askForMs, contract.askForMs, longestAskMs)
  return ms >= 0 ? ms : defaultAskMs
}

/** What an answer means under a contract. Pure: the same answer always has the same reading. */
export function readAnswer(contract: Contract, answer: Answer): Reading {
  const special = classify(contract, answer)
  let reading = special ?? readStandard(answer)
  const { headers } = answer
  const replayed = reading.replayed ?? isMarked(contract, headers)
  if (isOtherConflict(reading, replayed, answer)) reading = readStandard(answer)
  else if (replayed && special === undefined && (isConflict(answer) || reading.verdict === 'refused'))
    reading = readStoredConflict(answer)
  const { verdict, outcome, original, result, keyStoreDown } = reading
  const isRunning = verdict === 'running'
  const isFrozen = replayed && frozen.has(verdict)
  // A stored answer to a used key is the first one's, unless it is a conflict or speaks of the key: then it may be the store's own.
  const isReused = verdict === 'key-reused' && (!isFrozen || isConflict(answer) || mayBeAboutKey(answer))
  const isUnclear = isReused || (isFrozen && verdict === 'unknown')
  // Written out: V8 takes microseconds for an object that is spread first and then added to.
  return {
    verdict: isFrozen ? 'stored-failure' : verdict,
    replayed,
    resend: isFrozen ? undefined : (reading.resend ?? readHint(contract, headers)),
    minimumWaitMs: reading.minimumWaitMs ?? (isRunning ? contract.minimumWaitMs : undefined),
    outcome: outcome ?? (isUnclear ? 'unknown' : undefined),
    original,
    result,
    guessed: reading.guessed,
    askForMs: isRunning ? boundAsks(reading, contract) : undefined,
    askEveryMs: reading.askEveryMs,
    maxAsks: reading.maxAsks,
    keyStoreDown,
  }
}
