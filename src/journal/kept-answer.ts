import type { JournalledAnswer } from '../operation/operation-journal.js'
import type { RecordedAnswer } from '../operation/record-step.js'
import { fromBase64, toBase64 } from './base64.js'
import type { KeptAnswer } from './entry-value.js'

/** Headers that hold a credential, or that describe the connection or the encoding of a body that is decoded by now. */
const leftOut: ReadonlySet<string> = new Set([
  'authorization',
  'authentication-info',
  'connection',
  'content-encoding',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'set-cookie',
  'set-cookie2',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
])

/** What names of headers that hold a credential have in common, such as `x-auth-token` and `x-subject-token`. */
const secretHeader = /token|secret|session|api-?key/i

/** An answer as it can be kept, `undefined` when it is too long, or streams. */
export function keepAnswer(answer: RecordedAnswer | undefined, maxBytes: number): KeptAnswer | undefined {
  if (answer?.bytes === undefined || answer.bytes.length > maxBytes) return undefined
  const { status, headers, bytes } = answer
  const kept = [...headers].filter(([name]) => !leftOut.has(name.toLowerCase()) && !secretHeader.test(name))
  return { status, headers: kept, body: toBase64(bytes) }
}

/** What a caller gets from a kept answer. */
export function giveAnswer(
  { status, headers, body }: KeptAnswer,
  facts: JournalledAnswer['facts'],
): JournalledAnswer {
  return { status, headers, bytes: fromBase64(body), facts }
}
