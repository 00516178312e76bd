import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import { isInteger, isName, isRecord, pageChecks, readFields, required, type Checks } from '../validate.js'

/** Quota, usage, customer and billing. All but the quota need a JWT instead of an API key. */
export class Account extends Area {
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
  async listBillingInvoices(
    input?: ListBillingInvoicesInput,
    options?: ReadOptions,
  ): Promise<InvoiceListOutput> {
    const url = path`/v1/billing/invoices`
    return this.readPage('listBillingInvoices', 'invoices', url, input, pageChecks, options, (data) =>
      isRecord(data) ? (data['invoices'] ?? []) : data,
    )
  }

  /** Reads all invoices. */
  listAllBillingInvoices(
    input?: Omit<ListBillingInvoicesInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<Invoice, void, undefined> {
    const readPage = (query: ListBillingInvoicesInput) => this.listBillingInvoices(query, options)
    return this.readAll(
      'listAllBillingInvoices',
      input,
      pageChecks,
      readPage,
      (page) => page.invoices,
      options,
    )
  }
}

export interface Quota {
  plan: Open<'free' | 'growth' | 'enterprise'>
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

export interface UsageCurrentPeriod {
  tier: string
  period_start: string
  period_end: string
  qurls_created: number
  active_qurls: number
  active_resources?: number
  data_transfer_bytes?: number
  cost_estimate?: { currency: string; amount_cents: number; description: string }
}

export interface UsageDaily {
  tier: string
  period_start: string
  period_end: string
  /** `date` is YYYY-MM-DD. */
  daily: { date: string; qurls_created: number }[]
}

export interface Customer {
  tier: string
  spending_cap_cents: number
  current_period_usage: number
  frozen: boolean
  frozen_reason?: Open<'spending_cap' | 'payment_failed' | 'manual'> | null
}

export interface UpdateCustomerInput {
  /** At least 0, where 0 is no cap. */
  spending_cap_cents: number
}

const customerChecks: Checks<UpdateCustomerInput> = { spending_cap_cents: isInteger(0) }

export interface CreateBillingCheckoutInput {
  plan: Open<'growth'>
}

const checkoutChecks: Checks<CreateBillingCheckoutInput> = { plan: isName() }

export interface CheckoutSession {
  url: string
}

export interface PortalSession {
  url: string
}

export interface ListBillingInvoicesInput {
  /** 1 to 100. @defaultValue `25` */
  limit?: number
  cursor?: string
}

export interface Invoice {
  id: string
  amount_cents: number
  status: Open<'paid' | 'open' | 'void' | 'draft'>
  created_at: string
  pdf_url?: string | null
}

export interface InvoiceListOutput extends PaginatedOutput {
  invoices: Invoice[]
}
