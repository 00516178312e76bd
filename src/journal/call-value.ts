import type { ErrorFacts, Outcome } from '../errors/idempotency-error.js'
import { isJournalError, JournalError } from '../errors/journal-error.js'
import type { JournalCall } from '../operation/operation-journal.js'
import { readValue, type CallValue } from './entry-value.js'
import { fingerprintOf, keepRequest, shownUrl } from './kept-request.js'
import type { JournalSettings } from './journal-settings.js'
import type { StoredEntry } from './store.js'

/** What an entry says beside the call. */
export interface NamedCall {
  readonly about: Pick<CallValue, 'operationId' | 'place' | 'lane'>
  /** The key that follows from the name; made by the call's contract when absent. */
  readonly key: string | undefined
}

/** The facts of an error about a call that has sent nothing. */
export function factsOf(
  { method, url }: Pick<JournalCall, 'method' | 'url'>,
  outcome: Outcome,
  key?: string,
  cause?: unknown,
): ErrorFacts {
  return { key, attempts: 0, outcome, method, url: shownUrl(url), cause }
}

/** What an entry says when nobody has made it before. */
export async function freshValue(
  settings: JournalSettings,
  call: JournalCall,
  { about, key }: NamedCall,
  isKept = settings.keepRequests,
): Promise<CallValue> {
  const { naming, keepHeaders } = settings
  const body = await call.readBody()
  if (body === undefined) throw new JournalError('not-kept', factsOf(call, 'unknown'))
  const { method, url, givenKey, keyTtlMs } = call
  return {
    kind: 'call',
    ...about,
    key: givenKey ?? key ?? call.makeKey(),
    isKeyGiven: givenKey !== undefined,
    method,
    url: shownUrl(url),
    fingerprint: await fingerprintOf(naming, call, body),
    keyTtlMs: keyTtlMs === Infinity ? null : keyTtlMs,
    attempts: 0,
    request: isKept ? keepRequest(call, body, keepHeaders) : undefined,
  }
}

/** The same entry, with one more attempt that may be sent from now on. What was applied stays applied. */
export function sending(value: CallValue, nowMs: number): CallValue {
  const outcome = value.outcome === 'applied' ? value.outcome : undefined
  return { ...value, firstSentMs: value.firstSentMs ?? nowMs, attempts: value.attempts + 1, outcome }
}

/** @throws {@link JournalError} for an entry that is no call that this package can read. */
export function readCall(entry: StoredEntry, facts: ErrorFacts): CallValue {
  try {
    const value = readValue(entry)
    if (value.kind === 'call') return value
    throw new TypeError('the entry is of another kind')
  } catch (error) {
    throw new JournalError('unreadable', { ...facts, cause: isJournalError(error) ? error.cause : error })
  }
}

/** How far the clocks of two machines may be apart, in milliseconds. */
const maxSkewMs = 300_000

/**
 * When the key was first sent. One that was first sent in the future was written down by a clock that was wrong, or this one is: its
 * age is not known, so that it counts as too old to be sent again.
 */
export function knownFirstSentMs({ firstSentMs }: CallValue, nowMs: number): number | undefined {
  return firstSentMs !== undefined && firstSentMs > nowMs + maxSkewMs ? 0 : firstSentMs
}

/** Whether the server may have forgotten the key by now. */
export function isPastRetention(value: CallValue, nowMs: number): boolean {
  const { keyTtlMs } = value
  const firstSentMs = knownFirstSentMs(value, nowMs)
  return firstSentMs !== undefined && keyTtlMs !== null && nowMs >= firstSentMs + keyTtlMs
}
