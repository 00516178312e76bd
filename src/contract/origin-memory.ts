import type { KeyEvidence } from './key-evidence.js'

/** What was learnt of servers, each known by its origin, as long as the wrapper lives. */
export interface OriginMemory {
  /** Notes that a server has marked a replay. */
  noteMarker(origin: string): void
  /** Whether a server has marked a replay before. */
  marksReplays(origin: string): boolean
  /** Notes that a server ignores keys. What was noted first stays. */
  noteIgnored(origin: string, evidence: KeyEvidence): void
  /** Why a server is known to ignore keys, `undefined` when it is not. */
  findIgnored(origin: string): KeyEvidence | undefined
}

interface Known {
  marksReplays?: boolean
  ignored?: KeyEvidence
}

/** Remembers what was learnt of the last `maxOrigins` servers. A server of which nothing was learnt takes no place. */
export function createOriginMemory(maxOrigins = 100): OriginMemory {
  const known = new Map<string, Known>()
  const note = (origin: string, news: Known) => {
    const facts = { ...news, ...known.get(origin) }
    // The last one noted stands last, and the first one is the first to go.
    known.delete(origin)
    known.set(origin, facts)
    if (known.size > maxOrigins) known.delete(known.keys().next().value as string)
  }
  return {
    noteMarker: (origin) => note(origin, { marksReplays: true }),
    marksReplays: (origin) => known.get(origin)?.marksReplays === true,
    noteIgnored: (origin, ignored) => note(origin, { ignored }),
    findIgnored: (origin) => known.get(origin)?.ignored,
  }
}
