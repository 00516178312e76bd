import { checkNames } from '../errors/check-option.js'
import { checkGuardOptions, type GuardOptions, type GuardSettings } from '../guard/guard-options.js'
import { beginHookedAttempt, findCall } from './ky-call.js'
import type { KyBeforeRetry } from './ky-shapes.js'
import { stampHeaders } from './stamp-key.js'

/** The hook of the whole set, whose fetch begins the attempts. */
export function createReuseKey(settings: GuardSettings): KyBeforeRetry {
  return ({ request, options }) => {
    const call = findCall(options.context)
    if (call !== undefined) stampHeaders(settings, call, request.headers)
  }
}

/**
 * A `beforeRetry` hook for ky that keeps the key of the first attempt on every retry, whatever other hooks have done to
 * the headers. It never makes a key.
 *
 * @param options - `contract`: the one that {@link stampKey} was given. Default `standard`.
 */
export function reuseKey(options: Pick<GuardOptions, 'contract'> = {}): KyBeforeRetry {
  checkNames('reuseKey', options, ['contract'])
  const keepKey = createReuseKey(checkGuardOptions(options, {}))
  return (state) => {
    keepKey(state)
    const call = findCall(state.options.context)
    if (call !== undefined) beginHookedAttempt(call, state.request)
  }
}
