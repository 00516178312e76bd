import type { Contract } from './server-contract.js'
import { answered, type Answer, type Reading, type Verdict } from './verdict.js'

/** How often a 409 that may be our own first attempt is asked about again. */
const maxConflictAsks = 10

const inProgress = /in[-_ ]?progress|(?:key|request)[-_ ]?in[-_ ]?use|processing|concurrent|still running/i

/** A 409 has many meanings; without a contract, only what our own history makes likely is believed. */
function readConflict(answer: Answer): Reading {
  if (answer.mayHaveRun && answer.key !== undefined) return { verdict: 'running', maxAsks: maxConflictAsks }
  if (answer.keyOrigin !== 'given') return { verdict: 'failed' }
  const { code, type, error } = (answer.json ?? {}) as Record<string, unknown>
  const words = [code, type, error, (error as Record<string, unknown> | undefined)?.['code']]
  const isRunning =
    answer.headers.has('retry-after') ||
    words.some((word) => typeof word === 'string' && inProgress.test(word))
  return isRunning
    ? { verdict: 'running', maxAsks: maxConflictAsks }
    : { verdict: 'failed', outcome: 'unknown' }
}

/** Whether a failure may be our own success of an earlier call, which only the caller of a key of their own can have made. */
function isDoubtful({ status, method, keyOrigin }: Answer): boolean {
  const isGone = method === 'DELETE' && (status === 404 || status === 410)
  return keyOrigin === 'given' && (isGone || status === 412)
}

/** What an answer means on a server of which nothing is known. */
export function readStandard(answer: Answer): Reading {
  const { status, mayHaveRun } = answer
  if (status >= 200 && status < 300) return { verdict: 'done' }
  // A write that was redirected elsewhere, or an answer the browser hides, says nothing about the outcome.
  if (status < 400)
    return status === 304 && (answer.method === 'GET' || answer.method === 'HEAD')
      ? { verdict: 'done' }
      : { verdict: 'failed', outcome: 'unknown' }
  if (status === 408 || status === 425 || status === 429) return { verdict: 'refused' }
  if (status === 409) return readConflict(answer)
  if (mayHaveRun && answer.method === 'DELETE' && (status === 404 || status === 410))
    return { verdict: 'done', outcome: 'applied' }
  if (status < 500 || status === 501 || status === 505)
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
  for (const { header, value = 'true' } of replayMarkers)
    if (headers.get(header)?.toLowerCase() === value.toLowerCase()) return true
  return false
}

/** What a replay marker turns into a frozen failure; the second pair only where the contract has not said otherwise. */
const frozen: ReadonlySet<Verdict> = new Set(['failed', 'unknown', 'key-reused'])
const frozenByDefault: ReadonlySet<Verdict> = new Set(['refused', 'running'])

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

/** What an answer means under a contract. Pure: the same answer always has the same reading. */
export function readAnswer(contract: Contract, answer: Answer): Reading {
  const special = classify(contract, answer)
  const reading = special ?? readStandard(answer)
  const { verdict, outcome, original, maxAsks, keyStoreDown } = reading
  const { headers } = answer
  const replayed = reading.replayed ?? isMarked(contract, headers)
  const isFrozen =
    replayed && (frozen.has(verdict) || (special === undefined && frozenByDefault.has(verdict)))
  // Written out: V8 takes microseconds for an object that is spread first and then added to.
  return {
    verdict: isFrozen ? 'stored-failure' : verdict,
    replayed,
    resend: isFrozen ? undefined : (reading.resend ?? readHint(contract, headers)),
    minimumWaitMs: reading.minimumWaitMs ?? (verdict === 'running' ? contract.minimumWaitMs : undefined),
    outcome: outcome ?? (isFrozen && answer.status >= 500 ? 'unknown' : undefined),
    original,
    maxAsks,
    keyStoreDown,
  }
}
