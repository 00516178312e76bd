import type { KeyRules } from '../key/key-rules.js'
import type { AnswerMeanings } from './answer-patterns.js'
import type { KeyCarrier } from './carrier.js'
import type { Answer, Reading, Verdict } from './verdict.js'

/** A header that marks an answer as replayed. */
export interface ReplayMarker {
  /** The name of the header, any case. */
  readonly header: string
  /** The value that marks a replay, any case. @defaultValue `'true'` */
  readonly value?: string | undefined
  /** Any value marks a replay: that the header is there is enough. @defaultValue `false` */
  readonly anyValue?: boolean | undefined
}

/**
 * Which failures a server keeps under their key: all of them, those below 500, or none. One that is not kept is executed again by
 * a resend.
 */
export type KeptFailures = 'all' | 'client-errors' | 'none'

/** How one server treats keys: where the key travels, how long it lives, and what the answers mean. */
export interface Contract {
  /** What this contract is called. */
  readonly name: string
  /** Where the key travels. */
  readonly carrier: KeyCarrier
  /** What the server accepts as a key. */
  readonly keyRules: KeyRules
  /** Makes a key that fits {@link Contract.keyRules}. */
  readonly generateKey: () => string
  /** The methods that carry a key, in upper case. */
  readonly methods: readonly string[]
  /** How long the server remembers a key, in milliseconds. An operation is never resent past it. */
  readonly keyTtlMs: number
  /** Nobody documents {@link Contract.keyTtlMs}: it is an assumption. */
  readonly ttlAssumed: boolean
  /**
   * Request headers, in lower case, that the server makes part of the key, such as `authorization`: under another value the same
   * key is a new write, so that a lost answer is not resent under a changed one.
   */
  readonly keyScope: readonly string[]
  /** Whether this target honours keys. Where it does not, a lost answer is not resent. */
  readonly honoursKey: (target: { readonly method: string; readonly url: string }) => boolean
  /** More headers that go with the key, fixed at the first attempt (`Repeatability-First-Sent`). */
  readonly companions: (first: {
    readonly key: string
    readonly firstSentMs: number
  }) => Readonly<Record<string, string>>
  /** Headers that mark a replay; one is enough. */
  readonly replayMarkers: readonly ReplayMarker[]
  /** Headers whose `true` or `false` says whether a resend under the same key can help. */
  readonly retryHints: readonly string[]
  /** Shortest wait before a server that is still running is asked again, in milliseconds. */
  readonly minimumWaitMs: number
  /** How long a server that says it is still running is asked in all, in milliseconds. Some keep a key locked for ever. */
  readonly askForMs: number
  /** A lost answer is looked up with `reconcile` before the write is resent, and not resent where there is no `reconcile`. */
  readonly lookBeforeResend: boolean
  /** The server keeps a key per method and path: the same key elsewhere is another operation. */
  readonly keyPerTarget: boolean
  /** A replay gives the current state of what was made, which may differ from the first answer. */
  readonly replayMayDiffer: boolean
  /** Which failures the server keeps under their key, as far as is known. */
  readonly keepsFailures?: KeptFailures | undefined
  /**
   * What status alone cannot say. `undefined` leaves the answer to the rules of the `standard` contract,
   * with the replay markers, retry hints and waits of this one.
   */
  readonly classify: (answer: Answer) => Reading | Verdict | undefined
}

/** A {@link Contract} that was checked, as `defineContract` gives it. */
export interface ServerContract extends Contract {
  /**
   * A copy of this contract with some things changed. `keyRules` are merged; everything else takes the place of what was
   * there, so that a `classify` hands on what it does not know: `(answer) => mine(answer) ?? stripe.classify(answer)`.
   */
  readonly with: (changes: ContractDefinition) => ServerContract
}

/** What {@link defineContract} takes: everything has a default, which is as in the `standard` contract. */
export interface ContractDefinition {
  /** What this contract is called. @defaultValue `'custom'` */
  readonly name?: string | undefined
  /** Where the key travels: a header, a field of the JSON body, or a query parameter. @defaultValue `header('Idempotency-Key')` */
  readonly carrier?: KeyCarrier | undefined
  /** What the server accepts as a key. @defaultValue 1 to 255 printable ASCII characters */
  readonly keyRules?: Partial<KeyRules> | undefined
  /** Makes a key that fits the rules, once per operation. @defaultValue a UUIDv7 */
  readonly generateKey?: (() => string) | undefined
  /** The methods that carry a key, any case. @defaultValue `['POST', 'PUT', 'PATCH']` */
  readonly methods?: readonly string[] | undefined
  /**
   * How long the server remembers a key, in milliseconds, `Infinity` for ever. An operation is never resent past it.
   *
   * @defaultValue 24 hours, which is an assumption: `ttlAssumed` is `true` then
   */
  readonly keyTtlMs?: number | undefined
  /** Nobody documents `keyTtlMs`. @defaultValue `true` without a `keyTtlMs`, else `false` */
  readonly ttlAssumed?: boolean | undefined
  /**
   * Request headers, any case, that the server makes part of the key, such as `authorization` or a signature. A lost answer is
   * not resent when a hook has changed one of them since, for that would be a new write. @defaultValue none
   */
  readonly keyScope?: readonly string[] | undefined
  /**
   * The server keeps a key per method and path, so that the same key may name another write elsewhere. Where it does not, a key
   * that was used for another target is refused before anything is sent. @defaultValue `false`
   */
  readonly keyPerTarget?: boolean | undefined
  /** Whether this target honours keys; its URL has no query. Where it does not, a lost answer is not resent. @defaultValue every target does */
  readonly honoursKey?: ServerContract['honoursKey'] | undefined
  /** More headers that go with the key, fixed at the first attempt (`Repeatability-First-Sent`). @defaultValue none */
  readonly companions?: ServerContract['companions'] | undefined
  /** Headers that mark a replay; one is enough. @defaultValue the markers in common use, such as `Idempotent-Replayed: true` */
  readonly replayMarkers?: readonly ReplayMarker[] | undefined
  /** Headers whose `true` or `false` says whether a resend under the same key can help. @defaultValue none */
  readonly retryHints?: readonly string[] | undefined
  /** Shortest wait before a server that is still running is asked again, in milliseconds. @defaultValue `0` */
  readonly minimumWaitMs?: number | undefined
  /**
   * How long a server that says it is still running is asked in all, in milliseconds, at most an hour. Then `reconcile` is
   * asked, and the answer is given back with the outcome unknown: some servers keep a key locked for ever after a crash.
   *
   * @defaultValue `60_000`, or four times `minimumWaitMs` where that is longer
   */
  readonly askForMs?: number | undefined
  /**
   * What the answers mean, as data: the statuses and codes of a server that is still running, of a used key, of a duplicate
   * and the like. `classify` is asked first; what neither knows is left to the rules of the `standard` contract.
   *
   * @defaultValue nothing
   */
  readonly answers?: AnswerMeanings | undefined
  /**
   * The server wants a lost answer to be looked up before the write is sent again: `reconcile` is asked before each resend, and
   * without one there is none.
   *
   * @defaultValue `false`
   */
  readonly lookBeforeResend?: boolean | undefined
  /**
   * A replay gives the current state of what was made, or holds a time or an id of the answer itself. Where it does not, a success
   * that does not begin as an earlier one that was cut shows that the server ignores keys.
   *
   * @defaultValue `false`
   */
  readonly replayMayDiffer?: boolean | undefined
  /**
   * Which failures the server keeps under their key. Where it keeps `'all'`, a 500 is not sent again unless a retry hint says
   * so: the answer would be the same, with the outcome unknown. @defaultValue not known
   */
  readonly keepsFailures?: KeptFailures | undefined
  /**
   * What status alone cannot say. `undefined` leaves the answer to the rules of the `standard` contract, with the
   * replay markers, retry hints and waits of this one.
   *
   * @defaultValue nothing: the rules of `standard`
   */
  readonly classify?: ServerContract['classify'] | undefined
}
