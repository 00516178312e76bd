import { Area } from '../area.js'
import type { ReadOptions } from '../call-options.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import type { ApiKeyScope } from './api-key-input.js'

/** Who calls, quota and usage. The usage needs a JWT instead of an API key. */
export class Account extends Area {
  /** Tells whose credential this is: the cheapest way to check one. */
  async getMe(options?: ReadOptions): Promise<Me> {
    return this.read(path`/v1/me`, options)
  }

  /** Reads the plan, its limits, and what is used of them in the current period. */
  async getQuota(options?: ReadOptions): Promise<Quota> {
    return this.read(path`/v1/quota`, options)
  }

  /**
   * Reads what was used in the current period and what that is estimated to cost.
   *
   * @throws {@link AuthorizationError} with an API key: it needs a JWT.
   */
  async getUsageCurrentPeriod(options?: ReadOptions): Promise<UsageCurrentPeriod> {
    return this.read(path`/v1/usage/current-period`, options)
  }

  /**
   * Reads how many qURLs were created on each day of the current period.
   *
   * @throws {@link AuthorizationError} with an API key: it needs a JWT.
   */
  async getUsageDaily(options?: ReadOptions): Promise<UsageDaily> {
    return this.read(path`/v1/usage/daily`, options)
  }
}

/** Whose credential was sent. */
export interface Me {
  owner_id: string
  auth_type?: Open<'api_key' | 'jwt'>
  /** Absent for a JWT. */
  api_key?: {
    key_id: string
    kind?: Open<'api_key' | 'enrollment_token'>
    scopes?: ApiKeyScope[]
    key_prefix?: string
    expires_at?: string
  }
}

/** What an account pays for. */
export type Plan = Open<'free' | 'growth' | 'enterprise'>

/** The plan, its limits, and what is used of them. */
export interface Quota {
  plan: Plan
  period_start: string
  period_end: string
  /** -1 is no limit. */
  rate_limits?: {
    create_per_minute?: number
    create_per_hour?: number
    list_per_minute?: number
    resolve_per_minute?: number
    max_active_resources?: number
    max_qurls?: number
    max_data_transfer_bytes?: number
    max_expiry_seconds?: number
    /** @deprecated The service now says `max_active_resources`. */
    max_active_qurls?: number
    /** @deprecated Retired by the service. */
    max_tokens_per_qurl?: number
  }
  usage?: {
    qurls_created?: number
    active_resources?: number
    active_resources_percent?: number | null
    data_transfer_bytes?: number
    data_transfer_available?: boolean
    total_accesses?: number
    /** @deprecated The service now says `active_resources`. */
    active_qurls?: number
    /** @deprecated The service now says `active_resources_percent`. */
    active_qurls_percent?: number | null
  }
}

/** What was used in the current billing period. */
export interface UsageCurrentPeriod {
  tier: Plan
  period_start: string
  period_end: string
  qurls_created: number
  active_qurls: number
  active_resources?: number
  data_transfer_bytes?: number
  cost_estimate?: UsageCostEstimate
}

/** What the usage of a period is estimated to cost. */
export interface UsageCostEstimate {
  currency: string
  amount_cents: number
  description: string
}

/** What was used on each day. */
export interface UsageDaily {
  tier: Plan
  period_start: string
  period_end: string
  daily: UsageDailyEntry[]
}

/** What was used on one day. */
export interface UsageDailyEntry {
  /** YYYY-MM-DD. */
  date: string
  qurls_created: number
}
