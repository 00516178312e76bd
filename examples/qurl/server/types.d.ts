/** The words that the qURL server's files share. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
// oxlint-disable-next-line typescript/no-explicit-any -- a row is plain JSON that its route knows
export type Row = Record<string, any>

/** What a credential may do, and on whose behalf. */
export interface Credential {
  owner: string
  kind: 'api-key' | 'jwt'
  scopes: string[]
}

/** Everything that one customer owns. */
export interface Account {
  owner: string
  plan: 'free' | 'growth' | 'enterprise'
  systemTier: boolean
  customer: Row
  resources: Row[]
  tokens: Row[]
  sessions: Row[]
  invoices: Row[]
  domains: Row[]
  webhooks: Row[]
  deliveries: Row[]
  apiKeys: Row[]
  accessCodes: Row[]
  installations: Row[]
  delegatedBatches: Row[]
  delegatedQurls: Row[]
}

/** What every route is given besides its own request. */
export interface World {
  now(): number
  /** The current time as an RFC 3339 string, moved by `offsetMs`. */
  timestamp(offsetMs?: number): string
  /** A fresh identifier: the prefix and `length` characters of the alphabet. */
  id(prefix: string, length: number, alphabet?: string): string
  /** Counts something that happened, so that a test can say "exactly once". */
  count(effect: string, times?: number): void
  /** Sends an event to the account's webhooks. */
  emit(account: Account, type: string, data: Row): void
  accounts: Map<string, Account>
  credentials: Map<string, Credential>
}

export interface RouteRequest {
  world: World
  account: Account
  credential: Credential | undefined
  params: string[]
  query: URLSearchParams
  body: Row
  headers: Record<string, string>
  ip: string
}

export interface Answer {
  status: number
  data?: unknown
  meta?: Row
  headers?: Record<string, string>
}

export interface Route {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Segments after `/v1/`; `:` stands for one parameter. */
  path: string
  handle(request: RouteRequest): Answer
  /** Whether the service documents `Idempotency-Key` for this operation. */
  honoursKey?: boolean
  /** Shortest key that is accepted here. */
  shortestKey?: number
  /** Whether the same key with another body is refused. */
  comparesBody?: boolean
  /** `required`: an empty body is a 400. `none`: a body is ignored. */
  body?: 'required' | 'optional' | 'none'
  /** Who may call. */
  access?: 'public' | 'jwt' | 'any'
  scope?: string
  /** Whether the answer carries an `ETag`. */
  etag?: boolean
}

/** One request as it arrived, and what was answered. */
export interface SeenRequest {
  method: string
  /** The path as it stood on the wire, without the query. */
  path: string
  query: string
  headers: Record<string, string>
  /** The body's bytes as text. */
  text: string
  /** The body as JSON, `undefined` when it was empty or not JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever was sent
  json: any
  status: number
  replayed: boolean
}

/** A scripted answer for the next request that matches. */
export interface Script {
  /** `instead` answers without doing anything, `after` does the work first and then answers this. */
  when?: 'instead' | 'after'
  /** Without a status the real answer is sent (useful together with `hold`). */
  status?: number
  headers?: Record<string, string>
  /** An object is sent as JSON, a string as it is. */
  body?: string | Row
  /** Does the work, then resets the connection: the answer is lost. */
  drop?: boolean
  /** Called when the work is done; the answer waits for its promise. */
  hold?: () => Promise<unknown> | unknown
  /** Only requests for which this is true use the script. */
  match?: (request: { method: string; path: string }) => boolean
}

export interface QurlServerOptions {
  /** @defaultValue the system's clock */
  clock?: { now(): number }
  /** @defaultValue `enterprise` */
  plan?: Account['plan']
  /** Whether access codes may be managed. @defaultValue `true` */
  systemTier?: boolean
  /** Refuses requests above this rate with a 429. @defaultValue no limit */
  rateLimit?: { requests: number; windowMs: number }
  /** Whether `Idempotency-Key` is honoured at all; `false` shows what happens without. @defaultValue `true` */
  honoursKeys?: boolean
  /** How long an answer is kept under its key. @defaultValue 24 hours */
  keyLifetimeMs?: number
  /** @defaultValue a free port */
  port?: number
}

export interface QurlServer {
  url: string
  port: number
  /** An API key of the first account. */
  apiKey: string
  /** A signed-in user's token of the first account: usage, customer, billing and API keys want one. */
  jwt: string
  /** An API key of another account. */
  otherApiKey: string
  /** The first account's rows, to look at or to seed. */
  account: Account
  /** How often each thing happened, by name: `qurl.created`, `webhook.secret_rotated` … */
  effects: Record<string, number>
  /** Every request so far, oldest first. */
  requests: SeenRequest[]
  /** Scripts the answers of the next matching requests, one each. */
  next(...scripts: Script[]): void
  /** Puts a resource into its tombstone state: 410 from now on. */
  tombstone(resourceId: string, finalAccessCount?: number): void
  /** Removes a resource's row: 404 from now on. */
  reap(resourceId: string): void
  /** Resolves when all webhook deliveries so far have ended. */
  delivered(): Promise<void>
  close(): Promise<void>
}
