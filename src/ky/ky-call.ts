import type { Attempted, Ended } from '../guard/call.js'
import { rememberFacts } from '../guard/facts.js'
import type { GuardedOperation } from '../guard/guard.js'
import type { EndOptions } from '../guard/conclude.js'

/** One call of ky: what its hooks, its retry gate and its fetch know in common. */
export interface KyCall {
  readonly operation: GuardedOperation
  readonly ends: EndOptions
  /** The caller gave the key, so that another call may be on its way with the same one. */
  readonly isGiven: boolean
  /** An attempt is on its way and was not read yet. */
  isUnderWay: boolean
  /** What the last attempt told. */
  ended: Ended | undefined
}

/** `options.context` is one object for each call and all its attempts, in both majors; the request is not. */
const calls = new WeakMap<object, KyCall>()
const contexts = new WeakMap<Request, object>()

/** For a request that a later hook of ky 1 put in the place of the one we saw: the key that it kept leads to its call. */
const callsByKey = new Map<string, WeakRef<KyCall>>()
const forgottenKeys = new FinalizationRegistry<string>((key) => {
  if (callsByKey.get(key)?.deref() === undefined) callsByKey.delete(key)
})

/** The option by which ky 2 hands the context of a call through to its fetch. ky 1 has no hook to set it in. */
export const contextOption = 'idempotencyContext'

export function findCall(context: object): KyCall | undefined {
  return calls.get(context)
}

export function rememberCall(context: object, call: KyCall): void {
  calls.set(context, call)
  const { key } = call.operation
  if (key === undefined) return
  callsByKey.set(key, new WeakRef(call))
  forgottenKeys.register(call, key)
}

/** Lets the fetch find the call of a request that a hook has just seen. */
export function linkRequest(request: Request, context: object): void {
  contexts.set(request, context)
}

/** The call that a fetch is made for. `readKey` tells the key that the request carries. */
export function findCallOfRequest(
  request: Request,
  init: object | undefined,
  readKey: (request: Request) => string | undefined,
): KyCall | undefined {
  const context = (init as { [contextOption]?: object } | undefined)?.[contextOption] ?? contexts.get(request)
  if (context !== undefined) return calls.get(context)
  const key = readKey(request)
  return key === undefined ? undefined : callsByKey.get(key)?.deref()
}

/** Begins an attempt, if none is under way. Gives the milliseconds left for the call. */
export function beginAttempt(call: KyCall): number {
  call.ended = undefined
  call.isUnderWay = true
  return call.operation.begin()
}

/** Begins an attempt that is seen by hooks alone, so that an error which names its request can tell of it. */
export function beginHookedAttempt(call: KyCall, request: Request): void {
  beginAttempt(call)
  rememberFacts(request, call.operation.facts())
}

/** Ends the attempt that is under way, once: ky's timeout and the answer may both come to tell. */
export function endAttempt(call: KyCall, attempted: Attempted): Ended {
  if (!call.isUnderWay && call.ended !== undefined) return call.ended
  call.isUnderWay = false
  return (call.ended = call.operation.end(attempted))
}
