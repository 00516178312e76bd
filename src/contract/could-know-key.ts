import type { Answer } from './verdict.js'

/**
 * Whether the server can have seen this operation's key before this attempt. Where it cannot, an answer that does
 * not name the key is about something else: a 409 on the first attempt with a new key is a conflict of the domain.
 */
export function couldKnowKey({ mayHaveRun, keyOrigin }: Pick<Answer, 'mayHaveRun' | 'keyOrigin'>): boolean {
  return mayHaveRun || keyOrigin === 'given'
}
