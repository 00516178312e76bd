// @ts-check
import { createServer } from 'node:http'
import { verifyWebhookSignature } from 'fetch-idempotency/qurl'

/**
 * Receives webhook deliveries: checks the signature over the raw body before anything is parsed, and handles each delivery
 * once. The signature covers no time, so an old delivery can be sent again; its id tells.
 *
 * @param {(event: import('fetch-idempotency/qurl').WebhookPayload) => void} onEvent
 */
export async function startWebhookReceiver(onEvent) {
  /** @type {string | undefined} */
  let secret
  const handled = new Set()

  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const signature = String(request.headers['qurl-signature'] ?? '')
    const delivery = request.headers['qurl-delivery']

    if (!secret || !(await verifyWebhookSignature(body, signature, secret))) {
      response.writeHead(401).end()
      return
    }
    if (!handled.has(delivery)) {
      handled.add(delivery)
      onEvent(JSON.parse(body.toString()))
    }
    response.writeHead(204).end()
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
