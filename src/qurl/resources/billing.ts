import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import { isInteger, isName, pageChecks, required } from '../checks.js'
import type { PageInput, PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import { isRecord, readFields, type Checks } from '../validate.js'
import type { Plan } from './account.js'

/** The customer and what is billed. All of it needs a JWT instead of an API key. */
export class Billing extends Area {
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
export interface ListBillingInvoicesInput extends PageInput {
  /** 1 to 100. @defaultValue `25` */
  limit?: number | undefined
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
