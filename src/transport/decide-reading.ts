/** Whether a body is read to its end within the attempt, or reaches the caller as it comes. */
export type BodyReading = 'read' | 'stream'

/** What is known of an answer when its headers have come. */
export interface AnswerHead {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
}

function anyOf(...types: string[]): RegExp {
  return new RegExp(`^(${types.join('|')})\\s*(;|$)`, 'i')
}

const json = anyOf(
  '(application|text)/(x-)?json',
  // Not the messages of Connect, nor JSON that is streamed by its name.
  '(?!application/(connect|grpc|grpc-web|stream)\\+)[^/;]+/[^/;]+\\+json',
  'application/x-amz-json-[\\d.]+',
)

/** HTML, XML and forms have an end, as JSON has, and make no sense before it. */
const documents = anyOf(
  '(application|text)/xml',
  'text/html',
  '[^/;]+/[^/;]+\\+xml',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
)

/** Whether a body of this type is one JSON text. */
export function isJsonType(type: string): boolean {
  return type === 'application/json' || json.test(type)
}

/**
 * Decides what becomes of the body of an answer, the same for reads and writes:
 *
 * - longer than `maxBytes` by its own `content-length`: it streams
 * - `text/event-stream`: it streams
 * - with a `content-length`: it is read, whatever its type
 * - without one: JSON, HTML, XML and form data are read; anything else streams, as NDJSON, JSON sequences, `multipart/mixed`,
 *   gRPC, octets, plain text, and what has no type
 * - an error (400 and above) is read, as its body may say what the status means
 *
 * A `choice` of the caller's goes before all of it but the limit.
 */
export function decideReading(
  { status, headers }: AnswerHead,
  maxBytes: number,
  choice?: BodyReading | undefined,
): BodyReading {
  const length = headers.get('content-length')
  if (choice === 'stream' || Number(length) > maxBytes) return 'stream'
  if (choice === 'read') return 'read'
  const type = headers.get('content-type') ?? ''
  if (length === null && status < 400) return isJsonType(type) || documents.test(type) ? 'read' : 'stream'
  return /^text\/event-stream\s*(;|$)/i.test(type) ? 'stream' : 'read'
}
