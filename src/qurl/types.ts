/** The known values, and whatever the service adds to them. */
export type Open<T extends string> = T | (string & {})

export type ResourceStatus = Open<'active' | 'revoked'>

/** Moves an expiry by a duration (`7d`) or to a moment (RFC 3339), not both. */
export type ExpiryChange =
  { extend_by: string; expires_at?: never } | { extend_by?: never; expires_at: string }

/** An expiry as a duration (`7d`) or a moment (RFC 3339), or none. */
export type Expiry = { expires_in?: string; expires_at?: never } | { expires_in?: never; expires_at?: string }

/** Who may use a link. A denial is stronger than a permission. */
export interface AccessPolicy {
  /** IP addresses and CIDR ranges, at most 100. */
  ip_allowlist?: readonly string[]
  ip_denylist?: readonly string[]
  /** ISO alpha-2 codes in upper case, at most 50. */
  geo_allowlist?: readonly string[]
  geo_denylist?: readonly string[]
  user_agent_allow_regex?: string
  user_agent_deny_regex?: string
  ai_agent_policy?: AIAgentPolicy
}

export interface AIAgentPolicy {
  block_all?: boolean
  deny_categories?: readonly Open<AIAgentCategory>[]
  allow_categories?: readonly Open<AIAgentCategory>[]
}

export type AIAgentCategory =
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

export type TokenStatus = Open<'active' | 'consumed' | 'expired' | 'revoked'>

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
