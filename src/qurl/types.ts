/** The known values, and whatever the service adds to them. */
export type Open<T extends string> = T | (string & {})

/** An input as a method takes it: its lists may be readonly, too, as those of a constant are. */
export type Given<T> = T extends string
  ? T
  : T extends readonly (infer Entry)[]
    ? readonly Given<Entry>[]
    : T extends object
      ? { [Name in keyof T]: Given<T[Name]> }
      : T

/** Whether a resource can be used. */
export type ResourceStatus = Open<'active' | 'revoked'>

/** Moves an expiry by a duration or to a moment, not both: that is checked when the call is made. */
export interface ExpiryChange {
  /** A duration such as `7d`. */
  extend_by?: string | undefined
  /** A moment (RFC 3339). */
  expires_at?: string | undefined
}

/** An expiry as a duration or a moment, or none. Both together are refused when the call is made. */
export interface Expiry {
  /** A duration such as `7d`. */
  expires_in?: string | undefined
  /** A moment (RFC 3339). */
  expires_at?: string | undefined
}

/** Who may use a link. A denial is stronger than a permission. */
export interface AccessPolicy {
  /** IP addresses and CIDR ranges, at most 100. */
  ip_allowlist?: string[] | undefined
  ip_denylist?: string[] | undefined
  /** ISO alpha-2 codes in upper case, at most 50. */
  geo_allowlist?: string[] | undefined
  geo_denylist?: string[] | undefined
  user_agent_allow_regex?: string | undefined
  user_agent_deny_regex?: string | undefined
  ai_agent_policy?: AIAgentPolicy | undefined
}

/** Which automated clients may open a link. */
export interface AIAgentPolicy {
  block_all?: boolean | undefined
  deny_categories?: AIAgentCategory[] | undefined
  allow_categories?: AIAgentCategory[] | undefined
}

/** A kind of automated client, as the service tells them apart. */
export type AIAgentCategory = Open<
  | 'chatgpt'
  | 'gptbot'
  | 'claude'
  | 'gemini'
  | 'perplexity'
  | 'cohere'
  | 'meta'
  | 'bytedance'
  | 'amazon'
  | 'apple'
  | 'commoncrawl'
  | 'mistral'
  | 'generic_ai'
>

/** Whether a link can be used. */
export type TokenStatus = 'active' | 'consumed' | 'expired' | 'revoked'

/** One link of a resource. */
export interface AccessToken {
  qurl_id: string
  label?: string
  status: TokenStatus
  one_time_use: boolean
  max_sessions: number
  /** Seconds; 0 is the service's default. */
  session_duration: number
  access_policy?: AccessPolicy
  use_count: number
  qurl_site?: string
  created_at: string
  expires_at: string
}

/** One link of a resource, as the `/v1/resources` calls show it. */
export type QurlSummary = Partial<AccessToken>
