import type { Outcome } from '../errors/idempotency-error.js'
import { isJournalError } from '../errors/journal-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import { fromBase64 } from './base64.js'
import { factsOf, freshValue, isPastRetention, readCall } from './call-value.js'
import { claimEntry } from './claim-entry.js'
import type { KeptRequest } from './entry-value.js'
import { giveBackEntry } from './give-back.js'
import { nameless, resolvePending, unnamed } from './inbox.js'
import type { JournalSettings } from './journal-settings.js'
import type { PendingOperation } from './pending-operation.js'
import type { RecoveredRequest, RecoverOptions, Recovery } from './recover-options.js'
import type { RecoveryTask } from './recovery-lanes.js'
import { beginAhead, resumeOperation, type CallTerms, type ResumableClaim } from './resume-operation.js'

/** What a claim has brought: the lease, `'busy'` when another worker has it, `'gone'` when it is not open any more. */
export type RecoveryClaim = ResumableClaim | 'busy' | 'gone'

/** How one operation came out. */
export interface Recovered {
  readonly result: Recovery | 'gone'
  readonly error?: unknown
  /** Resolves when that is written down. Never rejects. */
  readonly written?: Promise<void> | undefined
}

/** By which contract the operations of a recovery are sent: unknown until the first one is. */
export interface RecoveryTerms {
  known?: CallTerms
}

/**
 * Claims an open operation, without waiting for another worker that has it. With `terms`, it is also written down that it may be
 * sent.
 */
export async function claimForRecovery(
  settings: JournalSettings,
  id: string,
  signal: AbortSignal | undefined,
  terms?: CallTerms,
): Promise<RecoveryClaim> {
  try {
    const claimed = await claimEntry(settings, { ...unnamed(id), signal })
    if (claimed.status !== 'taken') return 'gone'
    return terms === undefined ? claimed : await beginAhead(settings, claimed, terms, signal)
  } catch (error) {
    if (isJournalError(error) && error.problem === 'busy') return 'busy'
    throw error
  }
}

/**
 * Finishes one operation. `ahead` is a claim that was made for it already.
 *
 * @throws what the options' callbacks throw, what the store throws, and the signal's reason. The lease is given back then.
 */
export async function recoverOperation(
  settings: JournalSettings,
  options: RecoverOptions,
  { operation, request: kept }: RecoveryTask,
  ahead: Promise<RecoveryClaim> | undefined,
  terms: RecoveryTerms,
): Promise<Recovered> {
  const { signal } = options
  if (ahead === undefined) signal?.throwIfAborted()
  if (operation.status === 'expired') return expire(settings, options, operation)
  const made = kept === undefined ? await options.requestFor?.(operation) : undefined
  if (kept === undefined && made === undefined) return { result: 'no-request' }
  const claimed = await (ahead ?? claimForRecovery(settings, operation.id, signal))
  if (typeof claimed === 'string') return { result: claimed }
  const call = resume(settings, claimed, terms)
  try {
    signal?.throwIfAborted()
    const request = made ?? toRequest(kept as KeptRequest)
    if (!isPastRetention(readCall(claimed.entry, nameless), settings.clock.now()))
      return await send(options, operation, request, call)
  } finally {
    if (!call.hasBegun()) await giveBackEntry(settings, claimed.lease, claimed.entry)
  }
  return expire(settings, options, operation)
}

async function send(
  options: RecoverOptions,
  operation: PendingOperation,
  { url, headers: own, body }: RecoveredRequest,
  { journal, outcome, written, streams }: ReturnType<typeof resume>,
): Promise<Recovered> {
  const { signal } = options
  // Asked for now, not when it was claimed: a credential may have been renewed since.
  const added = await options.headersFor?.(operation)
  const headers = new Headers(own)
  if (added) new Headers(added).forEach((text, name) => headers.set(name, text))
  try {
    const response = await options.fetch(url, {
      method: operation.method,
      headers,
      ...(body != null && { body }),
      ...(signal && { signal }),
      idempotency: { journal },
    })
    // Nobody reads it: the connection is free for the next one. One that was read has a stream only when that is asked for.
    if (streams()) response.body?.cancel().catch(() => undefined)
    return { result: outcome(), written: written() }
  } catch (error) {
    signal?.throwIfAborted()
    return { result: outcome(), error, written: written() }
  }
}

/** Asks what became of an operation that must not be sent any more. */
async function expire(
  settings: JournalSettings,
  options: RecoverOptions,
  operation: PendingOperation,
): Promise<Recovered> {
  const found = await options.reconcile?.(operation)
  if (found !== 'applied' && found !== 'not-applied') return { result: 'expired' }
  await resolvePending(settings, operation.id, found)
  return { result: found }
}

/** A journal for the one call that goes on with a claimed entry. */
function resume(settings: JournalSettings, claimed: ResumableClaim, terms: RecoveryTerms) {
  let hasBegun = false
  let outcome: Outcome = 'unknown'
  let isStreaming = true
  let written: Promise<void> | undefined
  const journal: OperationJournal = {
    async open(call) {
      const { keyTtlMs, keyRules, makeKey } = call
      terms.known ??= { keyTtlMs, keyRules, makeKey }
      const fresh = await freshValue(settings, call, { about: {}, key: 'none' }, false)
      hasBegun = true
      const opened = await resumeOperation(
        settings,
        claimed,
        call,
        () => undefined,
        ({ fingerprint, key }) =>
          fingerprint === fresh.fingerprint
            ? undefined
            : new KeyReusedError(factsOf(call, 'not-applied', key)),
      )
      return {
        ...opened,
        async record(step) {
          if (step.type !== 'settled') return opened.record(step)
          outcome = step.outcome
          isStreaming = step.answer?.bytes === undefined
          // Not waited for: the next operation is sent meanwhile, and more of them share one wait for the disk.
          written = opened.record(step)
          written.catch(() => undefined)
        },
      }
    },
  }
  return {
    journal,
    outcome: () => outcome,
    written: () => written,
    streams: () => isStreaming,
    hasBegun: () => hasBegun,
  }
}

function toRequest({ url, headers, body }: KeptRequest): RecoveredRequest {
  return {
    url,
    headers: headers as [string, string][],
    body: body === '' ? undefined : (fromBase64(body) as Uint8Array<ArrayBuffer>),
  }
}
