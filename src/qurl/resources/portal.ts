import { findIdentityProblem, readPublicKey } from '../crid/key-digest.js'
import { parseCrid } from '../crid/parse-crid.js'
import { refuseResult } from '../meta.js'
import { isBoolean, isHttpUrl, isInteger, isName, isShortText } from '../checks.js'
import { describeShape, invalid, readFields, type Check } from '../validate.js'
import type { CreateOutput } from './link.js'

/** Options of a portal. */
export interface CreatePortalOptions {
  /** How long the portal works: a duration such as `7d`, or milliseconds in whole seconds, at least a minute. */
  validFor?: string | number | undefined
  /** At most 500 characters. */
  label?: string | undefined
  oneTimeUse?: boolean | undefined
  /** 0 to 1000; 0 is no limit. */
  maxSessions?: number | undefined
  /** A duration such as `1h`, or milliseconds in whole seconds, at least one second. */
  sessionDuration?: string | number | undefined
  /** Where in an existing tunnel the portal leads, 1 to 2048 bytes of UTF-8. */
  targetPath?: string | undefined
}

/** A link to a resource. */
export interface Portal {
  /** The public name of the resource; its id, from a service that gives no CRIDs. */
  crid: string
  /** The public key of the resource, which the wire calls `resource_id`. */
  resourcePublicKey: string
  /** The same as `resourcePublicKey`, under its name in the official client 0.3. */
  resourceId: string
  /** Shown only once. */
  link: string
  site?: string
  expiresAt?: Date
  qurlId?: string
  label?: string
}

const isDuration =
  (minMs: number): Check =>
  (value) => {
    if (typeof value === 'string') return value.trim() === '' ? 'must not be blank' : undefined
    if (typeof value !== 'number') return `must be a duration or milliseconds (got ${describeShape(value)})`
    if (!Number.isFinite(value) || value < minMs) return `must be at least ${minMs} milliseconds`
    return value % 1000 === 0 ? undefined : 'must be whole seconds'
  }

const notBlank: Check = (value) =>
  isName(500)(value) ?? ((value as string).trim() === '' ? 'must not be blank' : undefined)

const portalChecks: { readonly [K in keyof CreatePortalOptions]-?: Check } = {
  validFor: isDuration(60_000),
  label: notBlank,
  oneTimeUse: isBoolean,
  maxSessions: isInteger(0, 1000),
  sessionDuration: isDuration(1000),
  targetPath: isShortText(2048, 1),
}

const wireNames: Readonly<Record<string, string>> = {
  validFor: 'expires_in',
  label: 'label',
  oneTimeUse: 'one_time_use',
  maxSessions: 'max_sessions',
  sessionDuration: 'session_duration',
  targetPath: 'target_path',
}

/** The request body that the options stand for. */
export function portalBody(
  method: string,
  options: CreatePortalOptions | undefined,
): Record<string, unknown> {
  const fields = readFields(method, options ?? {}, portalChecks)
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      wireNames[name],
      (name === 'validFor' || name === 'sessionDuration') && typeof value === 'number'
        ? durationOf(value)
        : value,
    ]),
  )
}

/** Milliseconds in the largest of hours, minutes and seconds that needs no fraction. */
function durationOf(ms: number): string {
  const seconds = ms / 1000
  if (seconds % 3600 === 0) return `${seconds / 3600}h`
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
}

/**
 * Says what is wrong with the identity in an answer, or nothing. It is looked at only as far as the answer has one: a resource
 * may have an id of an older form, and no CRID.
 *
 * @param asked - The CRID that was asked for, if it was one.
 */
export async function findPortalIdentityProblem(
  { crid, resource_id: id }: { readonly crid?: unknown; readonly resource_id?: unknown },
  asked?: string,
): Promise<string | undefined> {
  if (parseCrid(asked) !== undefined && crid !== undefined && crid !== asked)
    return 'the answer is about another crid'
  const subtle = globalThis.crypto?.subtle
  const isNew = parseCrid(crid) !== undefined && readPublicKey(id) !== undefined
  return isNew && subtle !== undefined ? findIdentityProblem(subtle, crid, id) : undefined
}

/** The portal in an answer; one without its resource or its link is no portal. */
export function portalOf(method: string, made: CreateOutput): Portal {
  const { crid, resource_id, qurl_link, qurl_site, expires_at, qurl_id, label } = made
  for (const [name, value] of Object.entries({ resource_id, qurl_link })) {
    if (typeof value !== 'string' || value.trim() === '')
      throw refuseResult(`${method}: the answer has no ${name}`, made)
  }
  const expiresAt = new Date(expires_at ?? Number.NaN)
  return {
    crid: typeof crid === 'string' && crid !== '' ? crid : resource_id,
    resourcePublicKey: resource_id,
    resourceId: resource_id,
    link: qurl_link,
    ...(qurl_site ? { site: qurl_site } : {}),
    ...(Number.isNaN(expiresAt.getTime()) ? {} : { expiresAt }),
    ...(qurl_id ? { qurlId: qurl_id } : {}),
    ...(label ? { label } : {}),
  }
}

/**
 * A URL that can be protected: `http` or `https`, with a host, without a user name.
 *
 * @throws {@link ValidationError} that does not show the URL, which may hold a secret.
 */
export function readPortalUrl(method: string, url: unknown): string {
  const problem = isHttpUrl(url) ?? findUrlProblem(url as string)
  if (problem !== undefined) throw invalid(`${method}: targetUrl: ${problem}`)
  return url as string
}

function findUrlProblem(text: string): string | undefined {
  // The parser would take the first path segment of `https:///path` for the host.
  if (!/^https?:\/\/[^/?#\\\s]/i.test(text)) return 'must have a host'
  try {
    const { username, password } = new URL(text)
    return username === '' && password === '' ? undefined : 'must not hold a user name or password'
  } catch {
    return 'must be a valid URL'
  }
}
