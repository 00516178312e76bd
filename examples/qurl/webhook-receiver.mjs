// @ts-check
import { createServer } from 'node:http'
import { isQURLError, unwrapWebhook } from 'fetch-idempotency/qurl'

/**
 * Receives webhook deliveries: checks the signature over the raw body before anything is parsed, and handles each event
 * once. The signature covers no time, so an old delivery can be sent again; the id of its event tells.
 *
 * @param {(event: import('fetch-idempotency/qurl').WebhookEvent) => void} onEvent
 */
export async function startWebhookReceiver(onEvent) {
  let secret = ''
  const handled = new Set()

  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    try {
      const event = await unwrapWebhook(Buffer.concat(chunks), request.headers['qurl-signature'], secret)
      if (!handled.has(event.id)) onEvent(event)
      handled.add(event.id)
      response.writeHead(204).end()
    } catch (error) {
      response.writeHead(isQURLError(error) && error.code === 'webhook_signature_invalid' ? 401 : 500).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())

  return {
    url: `http://127.0.0.1:${port}/qurl-events`,
    /** The secret comes with the answer to `createWebhook`. @param {string} value */
    trust(value) {
      secret = value
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}
