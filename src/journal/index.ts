// The journal
export { createJournal, type Journal, type JournalDisposal, type OperationRef } from './create-journal.js'
export type { JournalOptions } from './journal-settings.js'
export type { EnqueuedRequest, EnqueueOptions } from './enqueue.js'
export type { PendingOperation } from './pending-operation.js'
export type {
  RecoverOptions,
  RecoveredRequest,
  Recovery,
  RecoveryProgress,
  RecoveryResult,
} from './recover-options.js'

// Runs of named steps, and keys without a store
export { runOnce, type RunJournal, type RunOptions } from './run-once.js'
export type { Run } from './run.js'
export { derivedKeys, type DerivedKeysOptions } from './derived-keys.js'
export { createKeyDeriver, deriveKey, type KeyDeriverOptions, type KeyPart } from '../key/derive-key.js'

// Stores
export { memoryStore, type MemoryStoreOptions } from './stores/memory-store.js'
export type {
  Claim,
  ClaimRequest,
  EntryFilter,
  EntryPage,
  EntryState,
  OperationStore,
  RecordRequest,
  RemoveRequest,
  RenewRequest,
  StoredEntry,
} from './store.js'

// What a host gives to a journal
export type {
  JournalCall,
  JournalledAnswer,
  OpenedOperation,
  OperationJournal,
} from '../operation/operation-journal.js'

// Errors and their guards
export { isJournalError, JournalError, type JournalProblem } from '../errors/journal-error.js'
export { isRunDivergedError, RunDivergedError, type Divergence } from '../errors/run-diverged-error.js'
