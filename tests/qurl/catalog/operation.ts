import { expect } from 'vitest'
import type { QURLClient, RequestOptions } from 'fetch-idempotency/qurl'
import type { QurlServer } from '../start-server.js'

/** What an operation needs to know of the server's rows: ids and the like. */
export type Known = Readonly<Record<string, string>>

export interface Scene {
  readonly server: QurlServer
  readonly client: QURLClient
}

/** One operation of the API: how the client names it, what must stand on the wire, what comes back. */
export interface Operation {
  /** The client's method, with a remark where it is listed twice. */
  readonly name: string
  /** Who calls; API keys are not enough everywhere. @defaultValue `api-key` */
  readonly as?: 'api-key' | 'jwt' | 'nobody'
  /** Brings the server into the state that the call needs. */
  readonly arrange?: (scene: Scene) => Promise<Known> | Known
  /** The call gives a key of its own, because the method needs one. */
  readonly ownKey?: boolean
  readonly call: (client: QURLClient, known: Known, options?: RequestOptions) => Promise<unknown>
  /** The request line and the body, as the sheet has them. */
  readonly sends: (known: Known) => {
    readonly line: string
    readonly query?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
  /** The parsed result, exactly. */
  readonly returns: (known: Known) => unknown
  /** For writes: what a repeat would do twice, and whether a lost answer may be followed by a resend. */
  readonly write?: {
    /** The server's counter, and what one call adds to it. */
    readonly effect: string
    readonly times?: number
    /** `keyed`: the key is honoured. `natural`: a repeat changes nothing. `never`: a repeat would act again. */
    readonly resend: 'keyed' | 'natural' | 'never'
  }
}

const text = (pattern: RegExp): unknown => expect.stringMatching(pattern)

/** What the server makes up itself. */
export const made = {
  resourceId: text(/^MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE[\w-]{86}$/),
  crid: text(/^[a-z2-7]{60}$/),
  qurlId: text(/^q_[0-9a-f]{11}$/),
  link: text(/^https:\/\/qurl\.link\/#at_[a-z0-9]{22}$/),
  site: text(/^https:\/\/[a-z2-7]{20}\.qurl\.site$/),
  time: text(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  requestId: text(/^req_[a-z0-9]{16}$/),
  webhookId: text(/^wh_[a-z0-9]{16}$/),
  secret: text(/^whsec_[a-z0-9]{32}$/),
  keyId: text(/^key_[a-z0-9]{12}$/),
  accessCodeId: text(/^acd_[a-z0-9]{11}$/),
}

/** The page facts of a list that fits on one page. */
export const lastPage = (size: number) => ({ has_more: false, page_size: size, request_id: made.requestId })

/** A protected URL with one link. */
export async function withQurl({ client }: Scene): Promise<Known> {
  const {
    resource_id,
    crid = '',
    qurl_id,
    qurl_link,
  } = await client.create({ target_url: 'https://app.example/seed' })
  return { id: resource_id, crid, qurlId: qurl_id, token: qurl_link.slice(qurl_link.indexOf('#') + 1) }
}

/** A protected URL with one link and somebody who uses it. */
export async function withSession(scene: Scene): Promise<Known> {
  const known = await withQurl(scene)
  await scene.client.resolve(known['token'] ?? '')
  return { ...known, sessionId: scene.server.account.sessions[0]?.['session_id'] }
}
