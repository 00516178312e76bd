import { qurl } from '../contract/presets/qurl.js'

/** The preset, and what only a client that knows the endpoints can tell. */
export const contract = qurl.with({
  classify(answer) {
    const { method, status, url, mayHaveRun } = answer
    // The knock is the service's last step: the link may be consumed, and a resend cannot bring it back.
    if (method === 'POST' && status === 502 && url.endsWith('/v1/resolve')) {
      return { verdict: 'failed', outcome: 'unknown' }
    }
    // Ending the sessions of a resource does not remove it, so this 404 is not of our own making.
    if (method === 'DELETE' && mayHaveRun && status === 404 && url.endsWith('/sessions')) {
      return { verdict: 'failed', outcome: 'unknown' }
    }
    return qurl.classify(answer)
  },
})
