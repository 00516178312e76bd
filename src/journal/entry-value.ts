import type { Outcome } from '../errors/idempotency-error.js'
import { JournalError } from '../errors/journal-error.js'
import type { StoredEntry } from './store.js'

/** The version in which entries are written. Entries of other versions are refused and left as they are. */
const version = 1

/** The place of a step in its run. */
export interface StepPlace {
  readonly run: string
  readonly step: string
  /** How many steps of the run had begun before it. */
  readonly order: number
  /** How many steps, from the first on, had all ended when it began. */
  readonly floor: number
  /** The digest of those steps and of this one. */
  readonly chain: string
}

/** A request, without anything that is secret. The body is in base64. */
export interface KeptRequest {
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** An answer. The body is in base64. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** One write. */
export interface CallValue {
  readonly kind: 'call'
  readonly operationId?: string | undefined
  readonly place?: StepPlace | undefined
  readonly lane?: string | undefined
  readonly key: string
  readonly isKeyGiven: boolean
  readonly method: string
  /** Without user info, query and fragment. */
  readonly url: string
  readonly fingerprint: string
  /** `null` for ever. */
  readonly keyTtlMs: number | null
  /** Absent as long as nothing can have been sent. */
  readonly firstSentMs?: number | undefined
  /** Attempts that may have been sent. */
  readonly attempts: number
  /** What the last call that worked on it has ended with; absent while one works on it, or when it was cut off. */
  readonly outcome?: Outcome | undefined
  /** The server ignores keys, and the write may have been applied twice. */
  readonly mayHaveRunTwice?: true | undefined
  readonly request?: KeptRequest | undefined
  readonly answer?: KeptAnswer | undefined
}

/** A value that a run remembers: JSON, absent until it is known. */
export interface NoteValue {
  readonly kind: 'note'
  readonly place: StepPlace
  readonly json?: string | undefined
}

/** A run, to which the other entries of its lane belong. */
export interface RunValue {
  readonly kind: 'run'
  readonly run: string
}

/** What an entry of the journal holds. */
export type EntryValue = CallValue | NoteValue | RunValue

/** An entry as text, for a store. */
export function writeValue(value: EntryValue): string {
  // Not spread into another object, which takes as long again.
  return `{"version":${version},${JSON.stringify(value).slice(1)}`
}

/** Whether an entry begins as every call does that this version writes. What follows may be damaged all the same. */
export function beginsAsCall({ value }: Pick<StoredEntry, 'value'>): boolean {
  return value.startsWith(`{"version":${version},"kind":"call",`)
}

const kinds: readonly unknown[] = ['call', 'note', 'run']

/** @throws {@link JournalError} for an entry of another version, or one that is damaged. */
export function readValue({ value }: Pick<StoredEntry, 'value'>): EntryValue {
  let cause: unknown
  try {
    const { version: foundVersion, ...known } = JSON.parse(value) as EntryValue & { version?: unknown }
    if (foundVersion === version && kinds.includes(known.kind)) return known as EntryValue
    cause = new TypeError(
      `an entry of version ${String(foundVersion)}; this package reads version ${version}`,
    )
  } catch (error) {
    cause = error
  }
  throw new JournalError('unreadable', {
    key: undefined,
    attempts: 0,
    outcome: 'unknown',
    method: '?',
    url: '?',
    cause,
  })
}
