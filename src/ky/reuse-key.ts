import { beginAttempt, findCall, linkRequest } from './ky-call.js'
import type { KyBeforeRetry } from './ky-shapes.js'
import { stampHeaders } from './stamp-key.js'

/**
 * A `beforeRetry` hook for ky that keeps the key of the first attempt on every retry, whatever the hooks before it have
 * done to the headers. It never makes a key: {@link stampKey} does.
 */
export function reuseKey(): KyBeforeRetry {
  return ({ request, options }) => {
    const call = findCall(options.context)
    if (call === undefined) return
    linkRequest(request, call)
    stampHeaders(call, request.headers)
    if (!call.hasFetch) beginAttempt(call, request)
  }
}
