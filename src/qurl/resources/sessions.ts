import { Area } from '../area.js'
import { keepMeta } from '../meta.js'
import type { ReadOptions } from '../call-options.js'
import type { UnpaginatedOutput } from '../page.js'
import { path } from '../path.js'
import { isRecord } from '../validate.js'

/** Who is using a resource right now. */
export class Sessions extends Area {
  /** Reads all sessions of a resource. */
  async listResourceSessions(id: string, options?: ReadOptions): Promise<SessionListOutput> {
    return this.readWhole('sessions', path`/v1/resources/${id}/sessions`, options)
  }

  /** Ends all sessions of a resource. After a lost answer the count may be of the second request, which found none left. */
  async terminateAllResourceSessions(id: string, options?: ReadOptions): Promise<TerminateSessionsOutput> {
    const answer = await this.exchange({
      method: 'DELETE',
      path: path`/v1/resources/${id}/sessions`,
      options,
      advice,
    })
    const { data, meta } = answer
    if (answer.status === 204) throw answer.refuse('the service answered 204 where a count is needed')
    const count = isRecord(data) ? data['terminated'] : undefined
    const terminated = typeof count === 'number' ? count : 0
    if (terminated !== count) answer.note('the answer has no count of ended sessions: taken for 0')
    const { requestId } = meta
    return keepMeta({ terminated, ...(requestId === undefined ? {} : { request_id: requestId }) }, answer)
  }

  /** Ends one session. */
  terminateResourceSession(id: string, sessionId: string, options?: ReadOptions): Promise<void> {
    return this.remove(() => path`/v1/resources/${id}/sessions/${sessionId}`, options)
  }
}

const advice = 'call again; sessions that have ended stay ended, so the count may be of the second call'

/** Somebody who uses a resource now. */
export interface Session {
  session_id?: string
  qurl_id?: string
  src_ip?: string
  user_agent?: string
  created_at?: string
  last_seen_at?: string
}

export interface SessionListOutput extends UnpaginatedOutput {
  sessions: Session[]
}

/** How many sessions were ended. */
export interface TerminateSessionsOutput {
  terminated: number
  request_id?: string
}

/** {@link TerminateSessionsOutput} under its name in the official client. */
export type SessionTerminateOutput = TerminateSessionsOutput
