import type { Ended } from '../loop/call.js'
import type { Attempted } from '../transport/attempted.js'
import type { EndOptions } from '../loop/conclude.js'
import { rememberFacts } from '../operation/facts.js'
import type { GuardSettings } from '../loop/guard-options.js'
import type { GuardedOperation } from '../loop/guard.js'

/** One call of ky: what its hooks, its retry gate and its fetch know in common. */
export interface KyCall {
  readonly settings: GuardSettings
  readonly operation: GuardedOperation
  readonly ends: EndOptions
  /** The caller gave the key, so that another call may be on its way with the same one. */
  readonly isGiven: boolean
  /** Our fetch sends, and sees every attempt. Without it the hooks alone have to tell. */
  hasFetch: boolean
  /** The attempt on its way, until it is read: aborting it frees its connection. */
  attempt: AbortController | undefined
  /** What the last attempt told. */
  ended: Ended | undefined
  /** What the caller aborted with. */
  abortReason: unknown
  /** Listens no more to whether the caller aborts while ky waits. */
  unwatch: (() => void) | undefined
  /** Keeps the key from being sent with another payload as long as the call may go on. */
  hold: ((mayGoOn: boolean) => void) | undefined
  /** ky's retry options for this call, with the gate in place. */
  retry: object | undefined
}

/** `options.context` is one object for each call and all its attempts, in both majors; the request is not. */
const calls = new WeakMap<object, KyCall>()

const callsOfRequests = new WeakMap<Request, KyCall>()

export function findCall(context: object): KyCall | undefined {
  return calls.get(context)
}

export function rememberCall(context: object, call: KyCall): void {
  calls.set(context, call)
}

/** Lets the fetch find the call of a request that a hook has just seen, when it is not told its context. */
export function linkRequest(request: Request, call: KyCall): void {
  callsOfRequests.set(request, call)
}

/** The call that a fetch is made for. */
export function findCallOfRequest(request: Request, context: object | undefined): KyCall | undefined {
  return callsOfRequests.get(request) ?? (context && calls.get(context))
}

/** Begins an attempt. Gives the milliseconds left for it: none when it must not be sent. */
export function beginAttempt(call: KyCall, request?: Request): number {
  call.ended = undefined
  call.unwatch?.()
  call.attempt = new AbortController()
  const leftMs = call.operation.begin()
  rememberFacts(request, call.operation.facts())
  return leftMs
}

/** Ends the attempt, once: ky's timeout and the answer may both come to tell. */
export function endAttempt(call: KyCall, attempted: Attempted): Ended {
  call.attempt = undefined
  return (call.ended ??= call.operation.end(attempted))
}

const attemptFetches = new WeakSet<object>()

export function markAttemptFetch<F extends object>(fetch: F): F {
  attemptFetches.add(fetch)
  return fetch
}

/** Whether it is our fetch that sends, and not one that was given after it. */
export function isAttemptFetch(fetch: unknown): boolean {
  return attemptFetches.has(fetch as object)
}
