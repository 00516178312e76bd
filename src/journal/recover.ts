import { checkOptions } from '../errors/check-option.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import type { Outcome } from '../errors/idempotency-error.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import { fromBase64 } from './base64.js'
import { factsOf, freshValue, isPastRetention, readCall } from './call-value.js'
import { claimEntry, type Claimed } from './claim-entry.js'
import { readValue, type CallValue } from './entry-value.js'
import { listEntries, resolvePending, unnamed } from './inbox.js'
import type { JournalSettings } from './journal-settings.js'
import { describePending, type PendingOperation } from './pending-operation.js'
import type { RecoveredRequest, Recovery, RecoverOptions, RecoveryResult } from './recover-options.js'
import { resumeOperation } from './resume-operation.js'

const brand = Symbol.for('fetch-idempotency.fetch')

/** After so many operations that other workers have taken, the list is read again. */
const reloadAfter = 64

interface Task {
  readonly operation: PendingOperation
  readonly value: CallValue
}

/** Finishes what is open. Each operation is sent by one worker; one that goes wrong holds up only its own lane. */
export async function recoverOperations(
  settings: JournalSettings,
  options: RecoverOptions,
): Promise<RecoveryResult> {
  checkOptions('recover', options, {
    fetch: 'function',
    concurrency: [1, 'whole'],
    signal: 'object',
    headersFor: 'function',
    requestFor: 'function',
    reconcile: 'function',
    onProgress: 'function',
  })
  if ((options.fetch as { [brand]?: boolean } | undefined)?.[brand] !== true)
    throw new TypeError(
      'recover.fetch must be made by createIdempotentFetch: no other sends the keys of the journal',
    )
  const { signal, concurrency = 8 } = options
  const counts = { applied: 0, 'not-applied': 0, unknown: 0, expired: 0, busy: 0, 'no-request': 0, failed: 0 }
  const tried = new Set<string>()
  const busy = new Set<string>()
  let finished = 0

  const tell = (operation: PendingOperation, result: Recovery, error: unknown) => {
    tried.add(operation.id)
    counts[result] += 1
    finished += 1
    try {
      options.onProgress?.({ operation, result, error, finished })
    } catch {
      // A listener must not change what happens to a write.
    }
  }

  for (;;) {
    signal?.throwIfAborted()
    const lanes = await collect()
    if (lanes.length === 0) break
    // Workers that begin together begin at different places, so that they seldom want the same entry.
    const turn = Math.floor(settings.random() * lanes.length)
    const queue = [...lanes.slice(turn), ...lanes.slice(0, turn)]
    let inVain = 0
    const work = async () => {
      for (let lane = queue.shift(); lane !== undefined && inVain < reloadAfter; lane = queue.shift())
        inVain = (await workOn(lane)) ? 0 : inVain + 1
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, queue.length) }, work))
  }
  counts.busy = busy.size
  return counts

  /** The operations that nobody works on, by lanes, in their order. */
  async function collect(): Promise<Task[][]> {
    const lanes = new Map<string, Task[]>()
    const held = new Set<string>()
    busy.clear()
    const nowMs = settings.clock.now()
    for await (const entry of listEntries(settings, { state: 'open' })) {
      if (tried.has(entry.id)) continue
      const laneName = entry.lane ?? entry.id
      let value: CallValue
      try {
        const found = readValue(entry)
        if (found.kind !== 'call') continue
        value = found
      } catch (error) {
        const operation = describePending(entry, unreadable, nowMs)
        tell(operation, 'failed', error)
        continue
      }
      if (entry.leaseLeftMs > 0 || held.has(laneName)) {
        held.add(laneName)
        busy.add(entry.id)
        continue
      }
      const lane = lanes.get(laneName) ?? []
      lane.push({ operation: describePending(entry, value, nowMs), value })
      lanes.set(laneName, lane)
    }
    return [...lanes.values()]
  }

  /** Whether there was anything to do. The rest of a lane waits when one of its operations is not through. */
  async function workOn(lane: readonly Task[]): Promise<boolean> {
    let hasWorked = false
    for (const { operation, value } of lane) {
      signal?.throwIfAborted()
      let error: unknown
      let result: Recovery | 'gone'
      try {
        const found = await recoverOne(operation, value)
        result = found.result
        error = found.error
      } catch (failure) {
        signal?.throwIfAborted()
        result = 'failed'
        error = failure
      }
      if (result === 'gone') {
        tried.add(operation.id)
        continue
      }
      if (result === 'busy') return hasWorked
      hasWorked = true
      tell(operation, result, error)
      if (result !== 'applied' && result !== 'not-applied') {
        for (const { operation: later } of lane) tried.add(later.id)
        break
      }
    }
    return hasWorked
  }

  async function recoverOne(
    operation: PendingOperation,
    { request: kept }: CallValue,
  ): Promise<{ result: Recovery | 'gone'; error?: unknown }> {
    if (operation.status === 'expired') return expire(operation)
    const request: RecoveredRequest | undefined =
      kept === undefined
        ? await options.requestFor?.(operation)
        : { ...kept, headers: kept.headers as [string, string][], body: toBody(kept.body) }
    if (request === undefined) return { result: 'no-request' }
    const headers = new Headers(request.headers)
    new Headers((await options.headersFor?.(operation)) ?? {}).forEach((text, name) =>
      headers.set(name, text),
    )
    const claimed = await claimEntry(settings, { ...unnamed(operation.id), signal }).catch(
      (error: unknown) => {
        if ((error as { problem?: unknown }).problem === 'busy') return undefined
        throw error
      },
    )
    if (claimed === undefined) return { result: 'busy' }
    if (claimed.status !== 'taken') return { result: 'gone' }
    const value = readCall(claimed.entry, {
      key: undefined,
      attempts: 0,
      outcome: 'unknown',
      method: '?',
      url: '?',
    })
    if (isPastRetention(value, settings.clock.now())) {
      await giveBack(claimed)
      return expire(operation)
    }
    const { journal, end } = resumption(claimed)
    try {
      const { method } = operation
      const { url, body } = request
      const response = await options.fetch(url, {
        method,
        headers,
        ...(body != null && { body }),
        ...(signal && { signal }),
        idempotency: { journal },
      })
      // Nobody reads it: the connection is free for the next one.
      response.body?.cancel().catch(() => undefined)
      return { result: end.outcome() }
    } catch (error) {
      signal?.throwIfAborted()
      return { result: end.outcome(), error }
    } finally {
      if (!end.hasOpened()) await giveBack(claimed)
    }
  }

  async function expire(operation: PendingOperation): Promise<{ result: Recovery }> {
    const found = await options.reconcile?.(operation)
    if (found !== 'applied' && found !== 'not-applied') return { result: 'expired' }
    await resolvePending(settings, operation.id, found)
    return { result: found }
  }

  function giveBack({ lease, entry }: Extract<Claimed, { status: 'taken' }>): Promise<unknown> {
    const { id, token } = lease
    const { state, value, updatedMs } = entry
    return settings.store
      .record({ id, token, state, value, nowMs: updatedMs, leaseMs: 0 })
      .catch(() => undefined)
      .finally(() => settings.leases.drop(lease))
  }

  /** A journal for the one call that goes on with a claimed entry. */
  function resumption(claimed: Extract<Claimed, { status: 'taken' }>) {
    let hasOpened = false
    let outcome: Outcome = 'unknown'
    const journal: OperationJournal = {
      async open(call) {
        hasOpened = true
        const { about, key } = { about: {}, key: 'none' }
        const { fingerprint } = await freshValue(settings, call, { about, key }, false)
        const opened = await resumeOperation(
          settings,
          claimed,
          call,
          () => undefined,
          (known) =>
            known.fingerprint === fingerprint
              ? undefined
              : new KeyReusedError(factsOf(call, 'not-applied', known.key)),
        )
        return {
          ...opened,
          async record(step) {
            if (step.type === 'settled') outcome = step.outcome
            await opened.record(step)
          },
        }
      },
    }
    return { journal, end: { outcome: () => outcome, hasOpened: () => hasOpened } }
  }
}

const unreadable: CallValue = {
  kind: 'call',
  key: '',
  isKeyGiven: false,
  method: '?',
  url: '?',
  fingerprint: '',
  keyTtlMs: null,
  attempts: 0,
}

function toBody(base64: string): Uint8Array<ArrayBuffer> | undefined {
  return base64 === '' ? undefined : (fromBase64(base64) as Uint8Array<ArrayBuffer>)
}
