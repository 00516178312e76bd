import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import type { ApiKeyScope } from './api-keys.js'
import { isInteger, isName, isRecord, pageChecks, readFields, required, type Checks } from '../validate.js'

/** Who calls, quota, usage, customer and billing. All but the first two need a JWT instead of an API key. */
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

  /**
   * Reads the customer: the tier, the spending cap, the usage, and whether the account is frozen.
   *
   * @throws {@link AuthorizationError} with an API key: it needs a JWT.
   */
  async getCustomer(options?: ReadOptions): Promise<Customer> {
    return this.read(path`/v1/customer`, options)
  }

  /**
   * Sets the spending cap; 0 is none.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   */
  async updateCustomer(input: UpdateCustomerInput, options?: RequestOptions): Promise<Customer> {
    const body = readFields('updateCustomer', input, customerChecks, [required('spending_cap_cents')])
    return this.write('updateCustomer', 'PATCH', path`/v1/customer`, body, options)
  }

  /**
   * Opens a checkout page.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   */
  async createBillingCheckout(
    input: CreateBillingCheckoutInput,
    options?: RequestOptions,
  ): Promise<CheckoutSession> {
    const body = readFields('createBillingCheckout', input, checkoutChecks, [required('plan')])
    return this.write('createBillingCheckout', 'POST', path`/v1/billing/checkout`, body, options)
  }

  /**
   * Opens the billing portal.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   */
  async createBillingPortal(options?: RequestOptions): Promise<PortalSession> {
    return this.write('createBillingPortal', 'POST', path`/v1/billing/portal`, undefined, options)
  }

  /** Reads one page of the invoices. */
  listBillingInvoices(
    input?: ListBillingInvoicesInput,
    options?: ReadOptions,
  ): PagePromise<InvoiceListOutput, Invoice> {
    return this.readPage(listBillingInvoicesShape, () => path`/v1/billing/invoices`, input, options)
  }

  /** Reads all invoices. */
  listAllBillingInvoices(
    input?: Omit<ListBillingInvoicesInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<Invoice, void, undefined> {
    return this.readAll(listBillingInvoicesShape, () => path`/v1/billing/invoices`, input, options)
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

/** The tier of an account, its spending cap, and whether it is frozen. */
export interface Customer {
  tier: Plan
  spending_cap_cents: number
  current_period_usage: number
  frozen: boolean
  frozen_reason?: Open<'spending_cap' | 'payment_failed' | 'manual'> | null
}

/** What `updateCustomer` takes. */
export interface UpdateCustomerInput {
  /** At least 0, where 0 is no cap. */
  spending_cap_cents: number
}

const customerChecks: Checks<UpdateCustomerInput> = { spending_cap_cents: isInteger(0) }

/** What `createBillingCheckout` takes. */
export interface CreateBillingCheckoutInput {
  plan: Open<'growth'>
}

const checkoutChecks: Checks<CreateBillingCheckoutInput> = { plan: isName() }

/** Where the checkout page is. */
export interface CheckoutSession {
  url: string
}

/** Where the billing portal is. */
export interface PortalSession {
  url: string
}

/** Which invoices to list. */
export interface ListBillingInvoicesInput {
  /** 1 to 100. @defaultValue `25` */
  limit?: number | undefined
  cursor?: string | undefined
}

/** One invoice. */
export interface Invoice {
  id: string
  amount_cents: number
  status: Open<'paid' | 'open' | 'void' | 'draft'>
  created_at: string
  pdf_url?: string | null
}

const listBillingInvoicesShape = {
  method: 'listBillingInvoices',
  rows: 'invoices',
  checks: pageChecks,
  rowsOf: (data: unknown) => (isRecord(data) ? (data['invoices'] ?? []) : data),
} as const

/** {@link InvoiceListOutput} under its name in the official client. */
export type BillingInvoiceListOutput = InvoiceListOutput

export interface InvoiceListOutput extends PaginatedOutput {
  invoices: Invoice[]
}
