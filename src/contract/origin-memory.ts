import type { KeyEvidence } from './key-evidence.js'

/** What was learnt of servers, each known by the origin of a URL, as long as the wrapper lives. */
export interface OriginMemory {
  /** Notes that a server has marked a replay. */
  noteMarker(url: string): void
  /** Whether a server has marked a replay before. */
  marksReplays(url: string): boolean
  /** Notes the key of a write that was resent after a lost answer, and of which nothing shows that it was executed once. */
  noteResent(url: string, key: string): void
  /** Notes that a server ignores keys, and gives the keys that were noted as resent there. What was noted first stays. */
  noteIgnored(url: string, evidence: KeyEvidence): readonly string[]
  /** Why a server is known to ignore keys, `undefined` when it is not. */
  findIgnored(url: string): KeyEvidence | undefined
}

interface Known {
  marksReplays?: boolean
  ignored?: KeyEvidence
  resent?: readonly string[]
}

/** How many keys are noted for one server. */
const maxKeys = 100

/** The origin as it is written; none for a URL that is relative to the page. */
export function originOf(url: string): string {
  return /^[a-z][\w+.-]*:\/\/[^/?#]*/i.exec(url)?.[0].toLowerCase() ?? ''
}

/** Remembers what was learnt of the last `maxOrigins` servers. A server of which nothing was learnt takes no place. */
export function createOriginMemory(maxOrigins = 100): OriginMemory {
  const known = new Map<string, Known>()
  let hasIgnored = false
  const find = (url: string) => known.get(originOf(url))
  const note = (url: string, news: Known) => {
    const origin = originOf(url)
    const facts = { ...known.get(origin), ...news }
    // The last one noted stands last, and the first one is the first to go.
    known.delete(origin)
    known.set(origin, facts)
    if (known.size > maxOrigins) known.delete(known.keys().next().value as string)
  }
  return {
    noteMarker: (url) => note(url, { marksReplays: true }),
    marksReplays: (url) => find(url)?.marksReplays === true,
    noteResent: (url, key) => note(url, { resent: [...(find(url)?.resent ?? []), key].slice(-maxKeys) }),
    noteIgnored(url, evidence) {
      const { ignored = evidence, resent = [] } = find(url) ?? {}
      hasIgnored = true
      note(url, { ignored, resent: [] })
      return resent
    },
    // Asked for each call: no origin is read out of a URL where no server is known to ignore keys.
    findIgnored: (url) => (hasIgnored ? find(url)?.ignored : undefined),
  }
}
