/** Whether an operation still needs work: `open` until its last word is recorded, then `settled`. */
export type EntryState = 'open' | 'settled'

/** One entry of a store: an operation, as far as a store has to know it. */
export interface StoredEntry {
  /** Names the operation. Opaque, at most 128 characters of printable ASCII. */
  readonly id: string
  /** Entries of one lane belong together, such as the steps of a run. Opaque, at most 128 characters. */
  readonly lane: string | undefined
  readonly state: EntryState
  /** What the journal wrote. Opaque text; a store gives it back unchanged. */
  readonly value: string
  /** When the entry was created, as the claim said, in milliseconds since the epoch. */
  readonly createdMs: number
  /** When it was last written by a claim that created it or by a record, as that said. */
  readonly updatedMs: number
  /** How long the lease still holds, in milliseconds: `0` when nobody has it, or when it has run out. */
  readonly leaseLeftMs: number
}

/** What {@link OperationStore.claim} takes. */
export interface ClaimRequest {
  readonly id: string
  readonly lane: string | undefined
  /** Names the lease. New for each claim, so that a claim that is tried again is known for what it is. */
  readonly token: string
  /** How long the lease holds from now on. `0` creates the entry without a lease. */
  readonly leaseMs: number
  /** What a new entry holds. */
  readonly value: string
  /** The present time, for `createdMs` and `updatedMs` of a new entry. */
  readonly nowMs: number
  /** Takes the lease of a settled entry as well, which stays settled until something is recorded. @defaultValue `false` */
  readonly takeSettled?: boolean | undefined
  /** Takes the lease of an entry that exists and creates none. @defaultValue `false` */
  readonly mustExist?: boolean | undefined
}

/**
 * What a claim brought.
 *
 * - `created`: there was no entry. There is one now, `open`, with the value and the lease of the claim.
 * - `taken`: there was an open entry whose lease was free, had run out or has this very token; the claim has the lease now.
 * - `held`: another token has a lease that still holds. Nothing was changed.
 * - `settled`: the entry is settled, and the claim did not say `takeSettled`. Nothing was changed.
 * - `missing`: there is no entry, and the claim said `mustExist`.
 */
export type Claim =
  | { readonly status: 'created' | 'missing' }
  | { readonly status: 'taken' | 'held' | 'settled'; readonly entry: StoredEntry }

/** What {@link OperationStore.renew} takes. */
export interface RenewRequest {
  readonly id: string
  readonly token: string
  /** How long the lease holds from now on. */
  readonly leaseMs: number
}

/** What {@link OperationStore.record} takes. */
export interface RecordRequest extends RenewRequest {
  readonly state: EntryState
  readonly value: string
  /** The present time, for `updatedMs`. */
  readonly nowMs: number
  /** How long the lease holds from now on: `0` gives it back. */
  readonly leaseMs: number
}

/** Which entries {@link OperationStore.list} gives: all of one state, or all of one lane whatever their state. */
export type EntryFilter = { readonly state: EntryState } | { readonly lane: string }

/** A part of a list. */
export interface EntryPage {
  readonly entries: readonly StoredEntry[]
  /** Where the next page begins, `undefined` when this was the last one. */
  readonly next: string | undefined
}

/** What {@link OperationStore.remove} takes: one entry, or settled entries that were last written before a time. */
export type RemoveRequest =
  | { readonly id: string; readonly token?: string | undefined }
  | { readonly settledBeforeMs: number; readonly limit: number }

/**
 * Where a journal keeps its entries. Five calls, each atomic, each durable when its promise resolves.
 *
 * A store measures leases by a clock that all its users share (that of the database server, or of the machine). A lease
 * only keeps two workers from doing the same work: an operation sent by both still carries one key.
 * A call that rejects may or may not have been carried out; the journal tries it again with the same arguments.
 *
 * `storeChecks` of `fetch-idempotency/testing` holds a store against this contract.
 */
export interface OperationStore {
  /** Takes the lease of an entry, and creates the entry when there is none. */
  claim(request: ClaimRequest): Promise<Claim>
  /**
   * Lets the lease hold longer. `false` when the token has no lease on the entry any more: another claim has taken it, it
   * was given back, or the entry is gone. A lease that ran out and that nobody has taken is renewed.
   */
  renew(request: RenewRequest): Promise<boolean>
  /** Writes the value and state of an entry. `false`, and nothing is written, where {@link OperationStore.renew} says so. */
  record(request: RecordRequest): Promise<boolean>
  /** Gives entries in the order in which they were created, from `after` (the `next` of a page) on, at most `limit`. */
  list(
    filter: EntryFilter,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<EntryPage>
  /**
   * Removes one entry: with a token, if that has the lease; without, if no lease holds. Or removes at most `limit` settled
   * entries on which no lease holds, those with the smallest `updatedMs` first. Gives the number of entries removed.
   */
  remove(request: RemoveRequest): Promise<number>
  /** Lets go of connections that the store itself has opened. */
  close?(): Promise<void>
}
