import { isBoolean, isInteger, isString } from '../checks.js'
import type { AccessPolicy } from '../types.js'
import { isRecord, type Checks } from '../validate.js'
import { isTime } from './delegated-answer.js'

/** A link of a delegated batch. */
export interface DelegatedQurl {
  qurl_id: string
  status: 'active' | 'consumed' | 'expired' | 'revoked'
  expires_at: string
  one_time_use: boolean
  max_sessions: number
  /** Seconds. */
  session_duration: number
  label?: string
  access_policy?: AccessPolicy
}

const statuses: readonly unknown[] = ['active', 'consumed', 'expired', 'revoked']

const linkChecks: Checks<DelegatedQurl> = {
  qurl_id: isString,
  status: (value) => (statuses.includes(value) ? undefined : 'is not known'),
  expires_at: (value) => (isTime(value) ? undefined : 'is no time'),
  one_time_use: isBoolean,
  max_sessions: isInteger(0),
  session_duration: isInteger(1),
  label: isString,
  access_policy: (value) => (isRecord(value) ? undefined : 'is no object'),
}

const optional: readonly string[] = ['label', 'access_policy']

/** Says what is wrong with a link that was read, or nothing. */
export function findDelegatedProblem(data: unknown, id: string): string | undefined {
  if (!isRecord(data) || data['qurl_id'] !== id) return 'the answer is about another link'
  for (const [name, check] of Object.entries(linkChecks)) {
    const value = data[name]
    const problem = value == null && optional.includes(name) ? undefined : check(value)
    if (problem !== undefined) return `${name} ${problem}`
  }
  return undefined
}
