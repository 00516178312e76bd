import type { Open } from '../types.js'

/** What a webhook can be told of. */
export type WebhookEventType = Open<
  | 'qurl.created'
  | 'qurl.expired'
  | 'qurl.revoked'
  | 'qurl.updated'
  | 'qurl.accessed'
  | 'qurl.access_denied'
  | 'qurl.token_exhausted'
  | 'resource.closed'
  | 'quota.warning'
  | 'quota.exceeded'
  | 'token.minted'
  | 'token.expired'
  | 'domain.verified'
  | 'domain.failed'
  | 'domain.deleted'
>

/** One kind of event, described. */
export interface WebhookEventTypeInfo {
  type?: WebhookEventType
  category?: Open<'resource' | 'access' | 'quota' | 'token'>
  description?: string
}

/** A delivery that `unwrapWebhook` has verified and read. */
export interface WebhookEvent extends WebhookPayload {
  /** The same for every delivery of the event. */
  id: string
  type: WebhookEventType
}

/** The body of a delivery, after its signature was verified. */
export interface WebhookPayload {
  id?: string
  type?: WebhookEventType
  owner_id?: string
  timestamp?: string
  api_version?: string
  data?: Record<string, unknown>
}
