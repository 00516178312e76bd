import { createIdempotentFetch } from 'fetch-idempotency'
import { Octokit } from 'octokit'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders({ answer: ({ id, number }) => ({ id, number }) })

const send = createIdempotentFetch({ onEvent })

// #region
const octokit = new Octokit({
  baseUrl: url,
  request: { fetch: send },
  retry: { enabled: false },
  throttle: { enabled: false },
})
// #endregion

await measure('octokit', async ({ id }) => {
  const { data } = await octokit.rest.issues.create({ owner: 'octo', repo: 'orders', title: id })
  return { id: data.id }
})
