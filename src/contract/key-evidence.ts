/** An answer as far as it came: one that was cut still shows its status, its headers and the beginning of its body. */
export interface SeenAnswer {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  /** The body, as far as it came; `undefined` when it was not read. */
  readonly bytes: Uint8Array | undefined
}

/**
 * What shows that the server has executed a resend under the same key again.
 *
 * - `other-location`, `other-id`: two answers to one operation name two things
 * - `other-body`: an answer does not begin as the one that was cut
 * - `no-marker`: this server marks its replays, and the answer to what was executed before has no mark
 */
export interface KeyEvidence {
  readonly kind: 'other-location' | 'other-id' | 'other-body' | 'no-marker'
  /** What the earlier answer named. */
  readonly before?: string | undefined
  /** What this answer names. */
  readonly after?: string | undefined
  /** The first byte in which the bodies differ. */
  readonly offset?: number | undefined
}

/** What is looked at. */
export interface EvidenceFacts {
  /** The answers to earlier attempts of the operation, as far as they came. */
  readonly earlier: readonly SeenAnswer[]
  /** The answer to the resend. */
  readonly answer: SeenAnswer
  /** The answer is marked as a replay, or is one by its contract. */
  readonly replayed: boolean
  /** This server has marked a replay before. */
  readonly marksReplays: boolean
  /** By its contract, a replay gives the current state, which may differ from the first answer. */
  readonly mayDiffer: boolean
}

const idValue = /^\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,40})\s*[,}]/

/** The `id` of a JSON object whose end may be missing. */
function readId(bytes: Uint8Array | undefined): string | undefined {
  const text = new TextDecoder().decode(bytes?.subarray(0, 65_536))
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string
    if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') depth -= 1
    else if (sign === '"') {
      const start = at
      // A string is passed over whole, so that what stands in it is no structure.
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1
      const isId = depth === 1 && at === start + 3 && text.startsWith('id', start + 1)
      const value = isId ? idValue.exec(text.slice(at + 1, at + 300))?.[1] : undefined
      if (value !== undefined) return value.replace(/^"|"$/g, '')
    }
  }
  return undefined
}

function isSuccess({ status }: SeenAnswer): boolean {
  return status >= 200 && status < 300
}

/** Where a body stops being what came of an earlier one, `undefined` when it begins with all of that. */
function findDifference(before: Uint8Array, after: Uint8Array): number | undefined {
  const offset = before.findIndex((byte, at) => byte !== after[at])
  return offset === -1 ? undefined : offset
}

function compare(before: SeenAnswer, facts: EvidenceFacts): KeyEvidence | undefined {
  const { answer, marksReplays, mayDiffer } = facts
  const pairs = [
    ['other-location', before.headers.get('location'), answer.headers.get('location')],
    ['other-id', readId(before.bytes), readId(answer.bytes)],
  ] as const
  for (const [kind, old, now] of pairs)
    // Both name one thing: it is the same one, or it is proof.
    if (old != null && now != null) return old === now ? undefined : { kind, before: old, after: now }
  const offset = before.bytes && answer.bytes && findDifference(before.bytes, answer.bytes)
  if (offset !== undefined && !mayDiffer) return { kind: 'other-body', offset }
  return marksReplays ? { kind: 'no-marker' } : undefined
}

/**
 * Looks for evidence that the server ignores keys: a success after a success of the same operation that was cut, and not its
 * replay. An attempt of which nothing came back is no evidence, for it may never have arrived. Pure.
 */
export function findKeyEvidence(facts: EvidenceFacts): KeyEvidence | undefined {
  const { earlier, answer, replayed } = facts
  if (replayed || !isSuccess(answer)) return undefined
  for (const before of earlier) {
    const evidence = isSuccess(before) ? compare(before, facts) : undefined
    if (evidence !== undefined) return evidence
  }
  return undefined
}
