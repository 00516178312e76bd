import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { PageInput, PagePromise, PaginatedOutput } from '../page.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import { isName, pageChecks, required } from '../checks.js'
import { readFields, type Checks } from '../validate.js'

/** Custom domains. */
export class Domains extends Area {
  /**
   * Registers a domain; the result tells the DNS records that prove it is yours.
   *
   * @throws {@link ConflictError} when it is taken.
   */
  async registerDomain(input: RegisterDomainInput, options?: RequestOptions): Promise<Domain> {
    const body = readFields('registerDomain', input, registerChecks, [required('domain')])
    return this.write('registerDomain', 'POST', path`/v1/domains`, body, options)
  }

  /** Reads one page of the domains. */
  listDomains(input?: ListDomainsInput, options?: ReadOptions): PagePromise<DomainListOutput, Domain> {
    return this.readPage(listDomainsShape, () => path`/v1/domains`, input, options)
  }

  /** Reads all domains. */
  listAllDomains(
    input?: Omit<ListDomainsInput, 'cursor'>,
    options?: ReadOptions,
  ): AsyncGenerator<Domain, void, undefined> {
    return this.readAll(listDomainsShape, () => path`/v1/domains`, input, options)
  }

  /** Reads one domain: its status, and which of its DNS records were found. */
  async getDomain(domain: string, options?: ReadOptions): Promise<Domain> {
    return this.read(path`/v1/domains/${domain}`, options)
  }

  /** Removes a domain. */
  deleteDomain(domain: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/domains/${domain}`, options)
  }

  /**
   * Looks for the domain's DNS records now.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   *
   * @throws {@link ValidationError} with status 422 when the token has expired.
   */
  async verifyDomain(domain: string, options?: RequestOptions): Promise<DomainVerifyResult> {
    return this.write('verifyDomain', 'POST', path`/v1/domains/${domain}/verify`, undefined, options)
  }

  /**
   * Makes a new verification token, which lives seven days, while the domain is not verified.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   *
   * @throws {@link ConflictError} when the domain is past that.
   */
  async regenerateDomainToken(domain: string, options?: RequestOptions): Promise<Domain> {
    const url = path`/v1/domains/${domain}/regenerate-token`
    return this.write('regenerateDomainToken', 'POST', url, undefined, options)
  }
}

/** What `registerDomain` takes. */
export interface RegisterDomainInput {
  /** At most 253 characters. */
  domain: string
}

const registerChecks: Checks<RegisterDomainInput> = { domain: isName(253) }

/** Which domains to list. */
export interface ListDomainsInput extends PageInput {}

const listDomainsShape = { method: 'listDomains', rows: 'domains', checks: pageChecks } as const

export interface DomainListOutput extends PaginatedOutput {
  domains: Domain[]
}

/** How far the proof of a domain is. */
export type DomainStatus = Open<
  'pending_verification' | 'verified' | 'provisioning_tls' | 'active' | 'failed'
>

/** A domain of your own, and whether it is proved. */
export interface Domain {
  domain?: string
  status?: DomainStatus
  verification_token?: string
  token_expires_at?: string | null
  acme_cname_target?: string
  created_at?: string
  verified_at?: string | null
  activated_at?: string | null
  ready_for_qurls?: boolean
  dns_records?: DnsRecord[]
}

/** A DNS record that proves a domain. */
export interface DnsRecord {
  type?: string
  name?: string
  value?: string
  verified?: boolean
}

/** Whether one of the DNS records of a domain was found. */
export interface DomainCheck {
  verified: boolean
  error?: string
  found?: string
}

/** {@link DomainCheck} under its name in the official client. */
export type DomainCheckDetail = DomainCheck

/** What a look for the DNS records has found. */
export interface DomainVerifyResult {
  domain?: string
  status?: DomainStatus
  checks?: { txt?: DomainCheck; acme_cname?: DomainCheck; traffic_routing?: DomainCheck }
}
