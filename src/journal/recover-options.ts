import type { Outcome } from '../errors/idempotency-error.js'
import type { PendingOperation } from './pending-operation.js'

/** A request that is to be sent again: the same method, URL and body as the first time. */
export interface RecoveredRequest {
  readonly url: string
  readonly headers?: RequestInit['headers'] | undefined
  readonly body?: RequestInit['body'] | undefined
}

/** How one operation came out of a recovery. */
export type Recovery =
  /** The server's last word. */
  | Outcome
  /** The server may have forgotten the key: not sent. */
  | 'expired'
  /** Another worker has it, or has ended it meanwhile. */
  | 'busy'
  /** Nobody has its request: it waits for its own call to come again. */
  | 'no-request'
  /** What was to be sent could not be made, or the entry cannot be read. */
  | 'failed'

/** What `onProgress` is told. */
export interface RecoveryProgress {
  readonly operation: PendingOperation
  readonly result: Recovery
  /** What was thrown, for `unknown` and `failed`. */
  readonly error: unknown
  /** Operations that are through, this one included. */
  readonly finished: number
}

/** Options of `recover`. */
export interface RecoverOptions {
  /** What sends: made by `createIdempotentFetch`, with the contract of the server. */
  readonly fetch: (input: string, init?: object) => Promise<Response>
  /** Operations that are worked on at the same time. @defaultValue `8` */
  readonly concurrency?: number | undefined
  /** Ends the recovery at once, with its own reason. What is not through yet stays as it is. */
  readonly signal?: AbortSignal | undefined
  /** Gives the headers that are never kept, such as credentials. They are added to those of the request. */
  readonly headersFor?:
    | ((
        operation: PendingOperation,
      ) => RequestInit['headers'] | undefined | Promise<RequestInit['headers'] | undefined>)
    | undefined
  /** Makes the request of an operation whose own was not kept. `undefined` leaves it for its own call. */
  readonly requestFor?:
    | ((operation: PendingOperation) => RecoveredRequest | undefined | Promise<RecoveredRequest | undefined>)
    | undefined
  /** Finds out what became of an operation that must not be sent any more. A definite word settles it. */
  readonly reconcile?:
    ((operation: PendingOperation) => Outcome | undefined | Promise<Outcome | undefined>) | undefined
  /** Is told of each operation. What it throws is ignored. */
  readonly onProgress?: ((progress: RecoveryProgress) => void) | undefined
}

/** How many operations came out of a recovery in which way. */
export type RecoveryResult = Readonly<Record<Recovery, number>>
