import { qurl } from '../contract/presets/qurl.js'

/** The knock is the service's last step: the link may be consumed, and a resend cannot bring it back. */
export const isKnockFailure = (method: string, path: string, status: number): boolean =>
  method === 'POST' && status === 502 && path.endsWith('/v1/resolve')

/** The preset, and what only a client that knows the endpoints can tell. */
export const contract = qurl.with({
  classify(answer) {
    const { method, status, url, mayHaveRun } = answer
    if (isKnockFailure(method, url, status)) return { verdict: 'failed', outcome: 'unknown' }
    // Ending the sessions of a resource does not remove it, so this 404 is not of our own making.
    if (method === 'DELETE' && mayHaveRun && status === 404 && url.endsWith('/sessions')) {
      return { verdict: 'failed', outcome: 'unknown' }
    }
    return qurl.classify(answer)
  },
})
