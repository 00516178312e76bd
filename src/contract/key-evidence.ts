/** An answer as far as it came: one that was cut still shows its status, its headers and the beginning of its body. */
export interface SeenAnswer {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  /** The decoded body, as far as it came; `undefined` when it was not read. */
  readonly bytes: Uint8Array | undefined
}

/**
 * What shows that the server has executed a resend under the same key again.
 *
 * - `other-location`, `other-id`: two answers to one operation name two things
 * - `other-body`: an answer does not begin as the one that was cut: what could name a thing in it has another value
 * - `no-marker`: this server marks its replays, and the answer to what was executed before has no mark
 */
export interface KeyEvidence {
  readonly kind: 'other-location' | 'other-id' | 'other-body' | 'no-marker'
  /** What the earlier answer named: an id, or the path of a `Location`. */
  readonly before?: string | undefined
  /** What this answer names. */
  readonly after?: string | undefined
  /** The field of the JSON body in which they differ. */
  readonly field?: string | undefined
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

/** What a comparison brings: proof, that both are one thing, or nothing. */
type Comparison = KeyEvidence | 'same' | undefined

/** How much of a body is compared, and how deep. */
const maxBytes = 65_536
const maxDepth = 9

/** The end of what is whole in a JSON text that may be cut, and the brackets that the text leaves open. */
function scan(text: string): { end: number; open: string[] } {
  const open: string[] = []
  let end = 0
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string
    // A string is passed over whole, so that what stands in it is no structure.
    if (sign === '"')
      for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1
    if (sign === ',') end = at
    if (sign === '{' || sign === '[') open.push(sign === '{' ? '}' : ']')
    if (sign === '}' || sign === ']') open.pop()
    if (/[[{}\]]/.test(sign)) end = at + 1
  }
  return { end, open: open.toReversed() }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Fields about the answer itself: a server that builds each replay again gives them new values. */
const ofAnswer =
  /[rR]equest|[tT]rac|[cC]orrel|[mM]eta|[tT]ime|[dD]ate|nonce|[tT]oken|[sS]ign|[eE]xpir|durat|elapsed|[vV]ersion|[eE]tag|_(?:at|on)$|[a-z](?:At|On)$|^(?:at|on|ts|now)$/

function nameOf(value: unknown): string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? `${value}` : undefined
}

/** Whether a value can name a thing: a number, or a text with a digit and no blank; not a time. */
function canName(value: unknown): boolean {
  return /^(?!1\d{9}(?:\d{3})?(?:\.|$)|\d{4}-\d\d-\d\d)\S*\d\S*$/.test(nameOf(value) ?? '')
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** Compares what came of a JSON value with one that is whole. Two values of one thing are not looked into. */
function compareJson(before: Fields, after: Fields, path: string, depth: number): Comparison {
  const [id, newId] = [before['id'], after['id']].map(nameOf)
  if (id !== undefined && newId !== undefined)
    return id === newId ? 'same' : { kind: 'other-id', before: id, after: newId, field: `${path}id` }
  let found: Comparison
  for (const name of Object.keys(before)) {
    if (ofAnswer.test(name) || !Object.hasOwn(after, name)) continue
    const [one, other, field] = [before[name], after[name], path + name]
    let next: Comparison
    if (isFields(one) && isFields(other))
      next = depth > 0 ? compareJson(one, other, `${field}.`, depth - 1) : undefined
    else if (nameOf(one) !== nameOf(other) && canName(one) && canName(other))
      next = { kind: 'other-body', field }
    if (next === 'same') return next
    found ??= next
  }
  return found
}

/** What is whole of a JSON text that was cut. */
function parseCut(text: string): unknown {
  const whole = text.slice(0, scan(text).end)
  return parse(whole + scan(whole).open.join(''))
}

function compareBodies(before: Uint8Array, after: Uint8Array): Comparison {
  // `stream`: a letter that was cut in its middle is left out.
  const start = new TextDecoder().decode(before.subarray(0, maxBytes), { stream: true })
  const text = new TextDecoder().decode(after)
  const [one, other] = [parseCut(start), parse(text)]
  const compared =
    isFields(one) && isFields(other) ? compareJson(one, other, '', maxDepth) : compareTexts(start, text)
  return compared !== 'same' && text.startsWith(start) ? undefined : compared
}

/** The same text with another number is proof. Pages, JSON that is none, and times are other ones each time. */
function compareTexts(before: string, after: string): Comparison {
  const [one, other] = [before, after].map((text) => text.replace(/\d+/g, '0')) as [string, string]
  return other.startsWith(one) && !/^\s*[<{[]|\d[:-]\d/.test(before) ? { kind: 'other-body' } : undefined
}

/** The path of a `Location`: a server may answer under another host, with another signature. */
function pathOf({ headers }: SeenAnswer): string | undefined {
  return headers.get('location')?.replace(/^[a-z][\w+.-]*:\/\/[^/?#]*|[?#].*$/gi, '')
}

function compare(
  before: SeenAnswer,
  { answer, marksReplays, mayDiffer }: EvidenceFacts,
): KeyEvidence | undefined {
  const [old, now] = [pathOf(before), pathOf(answer)]
  if (old !== undefined && now !== undefined)
    return old === now ? undefined : { kind: 'other-location', before: old, after: now }
  const compared = before.bytes && answer.bytes && compareBodies(before.bytes, answer.bytes)
  if (compared === 'same') return undefined
  if (compared?.kind === 'other-id') return compared
  // Another status may be how this server answers a repetition.
  if (before.status !== answer.status) return undefined
  if (compared !== undefined && !mayDiffer) return compared
  return marksReplays ? { kind: 'no-marker' } : undefined
}

function isSuccess({ status }: SeenAnswer): boolean {
  return status >= 200 && status < 300
}

/**
 * Looks for evidence that the server ignores keys: a success after a success of the same operation that was cut, and not its
 * replay. An attempt of which nothing came back is no evidence, for it may never have arrived. A false alarm would end all
 * resends. So what an honest server may change in a replay is no evidence: other headers, another order of fields, a
 * wrapping, another state, times, the id of a request. Pure.
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
