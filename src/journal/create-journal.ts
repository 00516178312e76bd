/// <reference lib="esnext.disposable" />
import type { Outcome } from '../errors/idempotency-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import type { OperationJournal } from '../operation/operation-journal.js'
import { createAmbient } from './ambient.js'
import { enqueueOperation, type EnqueuedRequest, type EnqueueOptions } from './enqueue.js'
import { compactEntries, forgetEntry, listPending, resolvePending } from './inbox.js'
import { checkJournalOptions, type JournalOptions } from './journal-settings.js'
import { openOperation } from './open-operation.js'
import type { PendingOperation } from './pending-operation.js'
import { recoverOperations } from './recover.js'
import type { RecoverOptions, RecoveryResult } from './recover-options.js'
import { openInRun, runStored, type RunJournal } from './run-once.js'
import type { Run } from './run.js'

/** Names an operation: the id that its call gave, or what `pending` gave. */
export type OperationRef = string | Pick<PendingOperation, 'id'>

/**
 * `close()` for `await using`, where the libraries of the compiler know the symbol: a declaration that names it would not compile
 * elsewhere.
 */
export type JournalDisposal = SymbolConstructor extends { readonly asyncDispose: infer Name extends symbol }
  ? Readonly<Record<Name, () => Promise<void>>>
  : object

/** A durable record of operations, so that their keys outlive the process. */
export interface Journal extends OperationJournal, RunJournal, JournalDisposal {
  /**
   * Finishes what is open and nobody works on: what a crash has cut off, what ended without an outcome, what was enqueued. Each
   * is sent again under its key, unless the server may have forgotten that.
   *
   * @throws the signal's reason when it aborts, `TypeError` for an option that cannot work, and `JournalError` when the store fails.
   */
  recover(options: RecoverOptions): Promise<RecoveryResult>
  /** The operations whose outcome is not known yet, the oldest first. */
  pending(): AsyncIterable<PendingOperation>
  /**
   * Writes down what you have found out about a pending operation. `false` when it is not pending.
   *
   * @throws `JournalError` when a worker has it, or the store fails, and `TypeError` for another outcome.
   */
  resolve(operation: OperationRef, outcome: Exclude<Outcome, 'unknown'>): Promise<boolean>
  /**
   * Removes an operation, so that its id names a new one. `false` when there is none. **When it is called again it is
   * sent again**, under another key unless the journal has a secret.
   *
   * @throws `JournalError` when a worker has it, or the store fails.
   */
  forget(operation: OperationRef): Promise<boolean>
  /**
   * Writes an operation down for `recover` to send, without sending it now: `true`, or `false` when it is there already. With a
   * store inside of your own transaction, it is sent if and only if that commits (a transactional outbox).
   *
   * @throws `KeyReusedError` when the id names another request, `JournalError` when the store fails, and `TypeError` for a
   * request that cannot be kept.
   */
  enqueue(operationId: string, request: EnqueuedRequest, options?: EnqueueOptions): Promise<boolean>
  /** Removes settled operations that are older than `keepSettledMs`: how many. A journal in use does it now and then. */
  compact(): Promise<number>
  /** Ends renewals, tries once more to write down what could not be written, and closes the store. */
  close(): Promise<void>
}

/** Operations after which old ones are looked for. */
const compactEvery = 512

/**
 * Makes a journal: give it to `createIdempotentFetch`, and a call with `idempotency: { operationId: 'order-17' }` is written
 * down before its first byte is sent, has the same key in whichever process it is called, and is answered from the journal
 * once it was applied.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch } from 'fetch-idempotency'
 * import { createJournal } from 'fetch-idempotency/journal'
 * import { sqliteStore } from 'fetch-idempotency/journal/sqlite'
 *
 * const journal = createJournal({ store: sqliteStore('orders.db'), keepRequests: true })
 * const send = createIdempotentFetch({ journal })
 * await journal.recover({ fetch: send })
 * await send('https://api.example.com/orders', {
 *   method: 'POST',
 *   body: '{"items":1}',
 *   idempotency: { operationId: 'order-17' },
 * })
 * ```
 */
export function createJournal(options: JournalOptions): Journal {
  const settings = checkJournalOptions(options)
  const { naming, store, unfinished, closing } = settings
  const ambient = createAmbient<Run>()
  let ended = 0

  const idOf = (operationId: string) => naming.name('operation', operationId)
  const laneOf = (lane: string | undefined) => (lane === undefined ? undefined : naming.name('lane', lane))
  const refOf = (operation: OperationRef) => (typeof operation === 'string' ? idOf(operation) : operation.id)
  const onEnd = () => {
    ended += 1
    if (ended % compactEvery !== 0) return
    const compaction: Promise<void> = compactEntries(settings, compactEvery)
      .catch(() => undefined)
      .then(() => void unfinished.delete(compaction))
    unfinished.add(compaction)
  }
  const close = async () => {
    closing.abort()
    await Promise.all(unfinished)
    await store.close?.()
  }

  const open: Journal['open'] = (call) => {
    const { operationId, lane, keyRules } = call
    if (operationId === undefined) return openInRun(ambient, call)
    return openOperation(settings, call, {
      id: idOf(operationId),
      lane: laneOf(lane),
      about: { operationId, lane },
      key: naming.hasSecret ? naming.key(keyRules, 'operation', operationId) : undefined,
      check: (known, fresh, facts) =>
        known.fingerprint === fresh.fingerprint ? undefined : new KeyReusedError(facts),
      onEnd,
    })
  }

  return {
    open,
    runOnce: (id, given, act) => runStored(settings, ambient, id, given, act, open),
    recover: (given) => recoverOperations(settings, given),
    pending: () => listPending(settings),
    resolve: async (operation, outcome) => resolvePending(settings, refOf(operation), outcome),
    forget: async (operation) => forgetEntry(settings, refOf(operation)),
    enqueue: async (operationId, request, given = {}) =>
      enqueueOperation(settings, operationId, idOf(operationId), laneOf(given.lane), request, given),
    compact: () => compactEntries(settings),
    close,
    [Symbol.asyncDispose]: close,
  }
}
