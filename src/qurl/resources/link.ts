import type { AccessPolicy, Open } from '../types.js'
import { isAccessPolicy, isBoolean, isHttpUrl, isInteger, isName, isString, required } from '../checks.js'
import { inspectFields, readFields, type Checks, type Inspection, type Rule } from '../validate.js'

/** What a link may be made with, wherever it is made. */
export interface LinkOptions {
  /** At most 500 characters. */
  label?: string | undefined
  one_time_use?: boolean | undefined
  /** Sessions at the same time, 0 to 1000; 0 is no limit. */
  max_sessions?: number | undefined
  /** How long a session lasts, for example `1h`: a second to a day. */
  session_duration?: string | undefined
  access_policy?: AccessPolicy | undefined
}

export const linkChecks: Checks<LinkOptions> = {
  label: isName(500),
  one_time_use: isBoolean,
  max_sessions: isInteger(0, 1000),
  session_duration: isName(),
  access_policy: isAccessPolicy,
}

/** What a URL is protected with, and its link made with. `target_url` is needed unless `type` names another kind. */
export interface CreateInput extends LinkOptions {
  /** `http` or `https`, at most 2048 characters. */
  target_url?: string | undefined
  /** @defaultValue `'url'` */
  type?: ResourceType | undefined
  /** How long the link works, for example `24h`, `7d`, `1w`. */
  expires_in?: string | undefined
  /** Only when the URL is new. */
  custom_domain?: string | undefined
}

const createChecks: Checks<CreateInput> = {
  target_url: isHttpUrl,
  type: isString,
  expires_in: isName(),
  ...linkChecks,
  custom_domain: isName(253),
}

const needsTarget: Rule = (fields) =>
  fields['type'] === undefined || fields['type'] === 'url' ? required('target_url')(fields) : undefined

/** Looks at what a link is to be made with, and refuses nothing yet. */
export const inspectCreate = (input: unknown): Inspection => inspectFields(input, createChecks, [needsTarget])

/** @throws {@link ValidationError} that names every problem. */
export const readCreate = (method: string, input: unknown) =>
  readFields(method, input, createChecks, [needsTarget])

/** A new link, which is shown once. */
export interface CreateOutput {
  qurl_id: string
  resource_id: string
  /** The public name of the resource. */
  crid?: string
  /** The link. It is shown only here. */
  qurl_link: string
  qurl_site: string
  branded_domain?: string
  expires_at?: string
  label?: string
  type?: ResourceType
}

/** What a resource stands for. */
export type ResourceType = Open<'url' | 'tunnel' | 'transit'>
