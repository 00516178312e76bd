import type { Attempted, Ended } from '../guard/call.js'
import type { EndOptions } from '../guard/conclude.js'
import { rememberFacts } from '../guard/facts.js'
import type { GuardSettings } from '../guard/guard-options.js'
import type { GuardedOperation } from '../guard/guard.js'

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
  /** ky's retry options for this call, with the gate in place. */
  retry: object | undefined
}

/** `options.context` is one object for each call and all its attempts, in both majors; the request is not. */
const calls = new WeakMap<object, KyCall>()

const link = Symbol('link')

interface LinkedRequest extends Request {
  [link]?: { readonly call: KyCall; readonly copies: Request[] }
}

export function findCall(context: object): KyCall | undefined {
  return calls.get(context)
}

export function rememberCall(context: object, call: KyCall): void {
  calls.set(context, call)
}

function cloneAndKeep(this: LinkedRequest): Request {
  const copy = (Object.getPrototypeOf(this) as Request).clone.call(this)
  this[link]?.copies.push(copy)
  return copy
}

/**
 * Lets the fetch find the call of a request that a hook has just seen, when it is not told its context, and the copies
 * that are made of it from now on. ky makes one just before it sends, for a retry: in Node, another would cost as much as
 * all the rest of an attempt.
 */
export function linkRequest(request: LinkedRequest, call: KyCall): void {
  request[link] = { call, copies: [] }
  if (call.operation.key !== undefined) request.clone = cloneAndKeep
}

/** A copy of a request with a key that nobody has read. */
export function findCopy(request: LinkedRequest): Request | undefined {
  return request[link]?.copies.find(({ bodyUsed }) => !bodyUsed)
}

/** The call that a fetch is made for. */
export function findCallOfRequest(request: LinkedRequest, context: object | undefined): KyCall | undefined {
  return request[link]?.call ?? (context && calls.get(context))
}

/** Begins an attempt. Gives the milliseconds left for it: none when it must not be sent. */
export function beginAttempt(call: KyCall, request?: Request): number {
  call.ended = undefined
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
