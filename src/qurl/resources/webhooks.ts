import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PageInput, PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Given, Open } from '../types.js'
import { atLeastOne, isHttpUrl, isName, isNames, isText, pageChecks, required } from '../checks.js'
import { readFields, type Checks } from '../validate.js'
import type { WebhookEventType, WebhookEventTypeInfo } from './webhook-event.js'

/** Webhooks and what was delivered to them. */
export class Webhooks extends Area {
  /** Makes a webhook. Its secret is shown once. Two webhooks may have the same URL. */
  async createWebhook(
    input: Given<CreateWebhookInput>,
    options?: RequestOptions,
  ): Promise<WebhookWithSecret> {
    const body = readFields('createWebhook', input, createChecks, [required('url', 'events')])
    return this.write('createWebhook', 'POST', path`/v1/webhooks`, body, options)
  }

  /** Reads one page of the webhooks. */
  listWebhooks(input?: ListWebhooksInput, options?: ReadOptions): PagePromise<WebhookListOutput, Webhook> {
    return this.readPage(listWebhooksShape, () => path`/v1/webhooks`, input, options)
  }

  /** Reads all webhooks. */
  listAllWebhooks(
    input?: Omit<ListWebhooksInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<Webhook, void, undefined> {
    return this.readAll(listWebhooksShape, () => path`/v1/webhooks`, input, options)
  }

  /** Reads the events that a webhook can be told of. */
  async listWebhookEventTypes(options?: ReadOptions): Promise<WebhookEventTypeInfo[]> {
    return this.read(path`/v1/webhooks/events`, options)
  }

  /** Reads one webhook, without its secret. */
  async getWebhook(id: string, options?: ReadOptions): Promise<Webhook> {
    return this.read(path`/v1/webhooks/${id}`, options)
  }

  /** Changes a webhook: its URL, events, description or status; what is left out stays as it is. */
  async updateWebhook(
    id: string,
    input: Given<UpdateWebhookInput>,
    options?: RequestOptions,
  ): Promise<Webhook> {
    const body = readFields('updateWebhook', input, updateChecks, updateRules)
    return this.write('updateWebhook', 'PATCH', path`/v1/webhooks/${id}`, body, options)
  }

  /** Deletes a webhook: nothing more is delivered to it. */
  deleteWebhook(id: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/webhooks/${id}`, options)
  }

  /**
   * Makes a new secret, shown once, and forgets the old one. A lost answer is not sent again: that would change the secret once
   * more.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, the old secret may be gone. Call again, and use the
   * secret of the answer that arrives.
   */
  async regenerateWebhookSecret(id: string, options?: RequestOptions): Promise<WebhookWithSecret> {
    return this.write('regenerateWebhookSecret', 'POST', path`/v1/webhooks/${id}/secret`, undefined, options)
  }

  /** Reads one page of what was delivered to a webhook. */
  listWebhookDeliveries(
    id: string,
    input?: ListWebhookDeliveriesInput,
    options?: ReadOptions,
  ): PagePromise<WebhookDeliveryListOutput, WebhookDelivery> {
    return this.readPage(
      listWebhookDeliveriesShape,
      () => path`/v1/webhooks/${id}/deliveries`,
      input,
      options,
    )
  }

  /** Reads everything that was delivered to a webhook. */
  listAllWebhookDeliveries(
    id: string,
    input?: Omit<ListWebhookDeliveriesInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<WebhookDelivery, void, undefined> {
    return this.readAll(listWebhookDeliveriesShape, () => path`/v1/webhooks/${id}/deliveries`, input, options)
  }
}

/** What `createWebhook` takes. */
export interface CreateWebhookInput {
  /** At most 2048 characters. The service wants `https`. */
  url: string
  /** At least one. */
  events: WebhookEventType[]
  /** At most 500 characters. */
  description?: string | undefined
}

const createChecks: Checks<CreateWebhookInput> = { url: isHttpUrl, events: isNames, description: isText(500) }

/** Which webhooks to list. */
export interface ListWebhooksInput extends PageInput {}

const listWebhooksShape = { method: 'listWebhooks', rows: 'webhooks', checks: pageChecks } as const

export interface WebhookListOutput extends PaginatedOutput {
  webhooks: Webhook[]
}

/** Where events are delivered to, without the secret. */
export interface Webhook {
  webhook_id?: string
  owner_id?: string
  url?: string
  events?: WebhookEventType[]
  status?: WebhookStatus
  description?: string
  created_at?: string
  updated_at?: string
  failure_count?: number
  last_delivery_success?: boolean
  /** Unix time in seconds. */
  last_delivery_time?: number
}

/** Whether a webhook is told of events. */
export type WebhookStatus = Open<'active' | 'disabled'>

/** A webhook with the secret that is shown once. */
export interface WebhookWithSecret extends Webhook {
  /** `whsec_…`, shown only here; for `verifyWebhookSignature`. */
  secret?: string
}

/** At least one field. */
export interface UpdateWebhookInput {
  url?: string | undefined
  events?: WebhookEventType[] | undefined
  description?: string | undefined
  status?: WebhookStatus | undefined
}

const updateChecks: Checks<UpdateWebhookInput> = {
  url: isHttpUrl,
  events: isNames,
  description: isText(500),
  status: isName(),
}
const updateRules = [atLeastOne('url', 'events', 'description', 'status')]

/** Which deliveries of a webhook to list. */
export interface ListWebhookDeliveriesInput extends PageInput {}

const listWebhookDeliveriesShape = {
  method: 'listWebhookDeliveries',
  rows: 'deliveries',
  checks: pageChecks,
} as const

export interface WebhookDeliveryListOutput extends PaginatedOutput {
  deliveries: WebhookDelivery[]
}

/** One delivery of an event, and how it ended. */
export interface WebhookDelivery {
  delivery_id?: string
  webhook_id?: string
  event_type?: WebhookEventType
  status?: Open<'pending' | 'success' | 'failed' | 'retrying' | 'abandoned'>
  response_code?: number
  /** At most 8 KB. */
  response_body?: string
  error_message?: string
  duration_ms?: number
  retry_count?: number
  created_at?: string
  completed_at?: string
}
