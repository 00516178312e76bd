import { Area } from '../area.js'
import type { ReadOptions, RequestOptions } from '../call-options.js'
import type { UnpaginatedOutput } from '../page.js'
import { findIdProblem } from '../pasted-secret.js'
import { path } from '../path.js'
import type { Open } from '../types.js'
import { isInteger, isName, isString, required } from '../checks.js'
import { readFields, type Check, type Checks } from '../validate.js'

/** Codes that people type to get to a resource. */
export class AccessCodes extends Area {
  /** Makes a code. It is shown once. */
  async createAccessCode(
    input: CreateAccessCodeInput,
    options?: RequestOptions,
  ): Promise<CreateAccessCodeOutput> {
    const body = readFields('createAccessCode', input, createChecks, [required('resource_id')])
    return this.write('createAccessCode', 'POST', path`/v1/access-codes`, body, options)
  }

  /** Reads all codes, without their secrets. */
  async listAccessCodes(options?: ReadOptions): Promise<AccessCodeListOutput> {
    return this.readWhole('access_codes', path`/v1/access-codes`, options)
  }

  /**
   * Uses a code. The endpoint is public, so the API key is not sent. Each use counts, so a lost answer is not sent again.
   *
   * Keys are not known to be honoured here: when the outcome is `unknown`, look before you call again.
   */
  async redeemAccessCode(
    input: RedeemAccessCodeInput,
    options?: RequestOptions,
  ): Promise<RedeemAccessCodeOutput> {
    const body = readFields('redeemAccessCode', input, redeemChecks, [required('code')])
    return this.write('redeemAccessCode', 'POST', path`/v1/access-codes/redeem`, body, options)
  }

  /** Revokes a code, which cannot be used any more. */
  revokeAccessCode(id: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/access-codes/${id}`, options)
  }
}

/** What `createAccessCode` takes. */
export interface CreateAccessCodeInput {
  resource_id: string
  /** At most 100 characters. */
  name?: string | undefined
  /** 0 is no limit. */
  max_uses?: number | undefined
  expires_at?: string | undefined
}

/** A resource's id, and no pasted link. */
const isResourceId: Check = (value) => isName()(value) ?? findIdProblem(value as string, 'resource')

const createChecks: Checks<CreateAccessCodeInput> = {
  resource_id: isResourceId,
  name: isName(100),
  max_uses: isInteger(0),
  expires_at: isName(),
}

/** A code that people type to get a link, without its secret. */
export interface AccessCode {
  access_code_id?: string
  resource_id?: string
  name?: string
  status?: Open<'active' | 'revoked'>
  max_uses?: number
  use_count?: number
  created_at?: string
  expires_at?: string | null
}

/** A new access code, with the secret that is shown once. */
export interface CreateAccessCodeOutput extends AccessCode {
  /** The code. It is shown only here. */
  code?: string
}

export interface AccessCodeListOutput extends UnpaginatedOutput {
  access_codes: AccessCode[]
}

/** What `redeemAccessCode` takes. */
export interface RedeemAccessCodeInput {
  code: string
  /** What a form's hidden field held; must be empty, or it was a bot. */
  honeypot?: string | undefined
  /** How long the form was open, in milliseconds. Under 3000 the service pretends success. */
  elapsed_ms?: number | undefined
}

const redeemChecks: Checks<RedeemAccessCodeInput> = {
  code: isName(),
  honeypot: isString,
  elapsed_ms: isInteger(0),
}

/** The link that a code was redeemed for. */
export interface RedeemAccessCodeOutput {
  redirect_url?: string
}
