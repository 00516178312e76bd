// @ts-check
/**
 * The qURL client at work: create, create a hundred, mint, list, revoke, and hear of it through a webhook. Some answers get
 * lost on the way; everything happens once all the same.
 *
 *     npm run build && node examples/qurl/main.mjs
 */
import { fileURLToPath } from 'node:url'
import { idempotencyOf, isConflictError, QURLClient } from 'fetch-idempotency/qurl'
import { startQurlServer } from './server/server.mjs'
import { startWebhookReceiver } from './webhook-receiver.mjs'

/** @param {(line: string) => void} [print] */
export async function main(print = console.log) {
  // A stand-in for https://api.layerv.ai that lives in this process.
  const server = await startQurlServer()
  const client = new QURLClient({ apiKey: server.apiKey, baseUrl: server.url })

  /** @type {string[]} */
  const heard = []
  const receiver = await startWebhookReceiver((event) => void heard.push(String(event.type)))

  try {
    const webhook = await client.createWebhook({
      url: receiver.url,
      events: ['qurl.created', 'token.minted', 'qurl.revoked'],
    })
    receiver.trust(webhook.secret ?? '')
    print(`webhook   ${webhook.webhook_id} is on`)

    const report = await client.create({ target_url: 'https://app.example/reports/2026', expires_in: '24h' })
    print(`create    ${report.resource_id}: ${report.qurl_link}`)

    // The server does the work, then the connection breaks: did it happen? The same key asks again, and the server
    // answers from its store.
    server.next({ drop: true, match: ({ path }) => path === '/v1/qurls/batch' })
    const items = Array.from({ length: 100 }, (_, at) => ({
      target_url: `https://app.example/invoices/${at}`,
    }))
    const batch = await client.batchCreate({ items })
    const sent = idempotencyOf(batch)
    print(`batch     ${batch.succeeded} made in ${sent?.attempts} attempts, replayed: ${sent?.replayed}`)

    // A key of your own survives your process: the second call with it is the first one's answer.
    const job = { idempotencyKey: 'monthly-report/2026-11/guest-link' }
    const link = await client.mintLink(report.resource_id, { label: 'guest', one_time_use: true }, job)
    const same = await client.mintLink(report.resource_id, { label: 'guest', one_time_use: true }, job)
    print(`mint      ${link.qurl_id}, and again: ${same.qurl_id}`)

    let active = 0
    for await (const qurl of client.listAll({ status: 'active', limit: 25 })) {
      if (qurl.target_url?.startsWith('https://app.example/')) active++
    }
    print(`list      ${active} active resources`)

    server.next({ drop: true, match: ({ method }) => method === 'DELETE' })
    await client.revokeResourceQurl(report.resource_id, report.qurl_id)
    print(`revoke    ${report.qurl_id}, although the first answer was lost`)

    try {
      await client.revokeResourceQurl(report.resource_id, report.qurl_id)
    } catch (error) {
      if (!isConflictError(error)) throw error
      print(`conflict  ${error.code}: ${error.detail}`)
    }

    await server.delivered()
    const kinds = [...new Set(heard)].map((type) => `${heard.filter((one) => one === type).length} ${type}`)
    print(`webhook   signed events: ${kinds.toSorted().join(', ')}`)
    print(`server    made ${server.effects['qurl.created']} qURLs from ${server.requests.length} requests`)
    return { effects: server.effects, heard }
  } finally {
    await receiver.close()
    await server.close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
