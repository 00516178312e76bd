/** What of one attempt is signed. */
export interface WebhookAttempt {
  /** The `webhook-id`: the key of the operation, the same on every attempt. */
  readonly id: string
  /** When this attempt is sent, in milliseconds since the epoch. */
  readonly sentAtMs: number
  /** The body, exactly as it is sent. */
  readonly body: string
}

/** The headers that differ from attempt to attempt. */
export interface WebhookHeaders {
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))
}

/**
 * Makes the timestamp and the signature of one attempt to deliver a webhook, by Standard Webhooks: HMAC-SHA256, `v1`.
 *
 * @param secret - the secret shared with the receiver, in base64, with or without its prefix `whsec_`
 * @throws `TypeError` when the secret is no base64, or the id holds a dot, which separates what is signed.
 * @see {@link https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md | Standard Webhooks}
 */
export async function signWebhook(
  secret: string,
  { id, sentAtMs, body }: WebhookAttempt,
): Promise<WebhookHeaders> {
  if (id === '' || id.includes('.')) throw new TypeError('signWebhook: id must be a text without a dot')
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = fromBase64(secret.replace(/^whsec_/, ''))
  } catch {
    // The error of `atob` could show the secret.
    throw new TypeError('signWebhook: secret must be base64')
  }
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const timestamp = `${Math.floor(sentAtMs / 1000)}`
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`)
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))
  return {
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${btoa(String.fromCharCode(...signature))}`,
  }
}
