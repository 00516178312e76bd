import { ERROR_CODE_UNEXPECTED_RESPONSE, ERROR_CODE_WEBHOOK_SIGNATURE } from './error-codes.js'
import { ValidationError } from './errors.js'
import type { WebhookEvent } from './resources/webhook-event.js'
import { isRecord } from './validate.js'
import { readRaw, verifyWebhookSignature, type WebhookBody, type WebhookHeader } from './webhook-signature.js'

/**
 * Verifies a webhook delivery and reads the event in it. The signature has no timestamp, so keep the `id` of every event that
 * you have handled: a delivery may come twice.
 *
 * @param body - The raw request body.
 * @param signature - The `QURL-Signature` header.
 * @param secret - The webhook's secret (`whsec_…`), or several of them while you change it.
 * @throws {@link ValidationError} `webhook_signature_invalid` for a delivery that is not signed with the secret: answer 401.
 * @throws {@link ValidationError} `unexpected_response` for a signed body that is no event.
 *
 * @example
 * ```ts no-run
 * const event = await unwrapWebhook(await request.text(), request.headers.get('QURL-Signature'), secret)
 * if (event.type === 'qurl.accessed') console.log(event.id, event.data)
 * ```
 */
export async function unwrapWebhook(
  body: WebhookBody,
  signature: WebhookHeader,
  secret: string | readonly string[],
): Promise<WebhookEvent> {
  if (!(await verifyWebhookSignature(body, signature, secret))) {
    throw new ValidationError({
      status: 0,
      code: ERROR_CODE_WEBHOOK_SIGNATURE,
      title: 'Webhook refused',
      detail: 'the body is not signed with the secret of this webhook',
    })
  }
  const event = parse(body)
  if (event === undefined) {
    throw new ValidationError({
      status: 0,
      code: ERROR_CODE_UNEXPECTED_RESPONSE,
      title: 'Webhook refused',
      detail: 'the body is signed but holds no event with an id and a type',
    })
  }
  return event
}

function parse(body: WebhookBody): WebhookEvent | undefined {
  try {
    const text =
      typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(readRaw(body))
    const event = JSON.parse(text) as unknown
    const isEvent = isRecord(event) && typeof event['id'] === 'string' && typeof event['type'] === 'string'
    return isEvent ? (event as unknown as WebhookEvent) : undefined
  } catch {
    return undefined
  }
}
