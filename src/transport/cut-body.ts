import { isJsonType } from './decide-reading.js'

const quote = 0x22
const backslash = 0x5c
/** `[` and `{`, `]` and `}`: one bit tells the pairs apart, and no other byte of UTF-8 is one of them. */
const isOpening = (byte: number) => (byte | 0x20) === 0x7b
const isClosingBracket = (byte: number) => (byte | 0x20) === 0x7d

/** Whether bytes are JSON without its end: a bracket or a string is still open. JSON that is whole and wrong is none. */
function isOpenJson(bytes: Uint8Array, first: number): boolean {
  let depth = 0
  let isQuoted = false
  for (let at = first; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (byte === quote) isQuoted = !isQuoted
    else if (isQuoted) at += byte === backslash ? 1 : 0
    else if (isOpening(byte)) depth += 1
    else if (isClosingBracket(byte)) depth -= 1
  }
  return depth > 0 || isQuoted
}

/** Where the first byte stands that is neither white space nor a byte order mark. */
function findFirst(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (at < bytes.length && (bytes[at] as number) <= 0x20) at += 1
  return at
}

/** Whether a body is the beginning of a JSON text, and not all of it. */
function breaksOff(bytes: Uint8Array, first: number): boolean {
  const byte = bytes[first] as number
  if (byte === quote || isOpening(byte)) return isOpenJson(bytes, first)
  // A body that is not JSON at all, such as one behind a guard prefix, may well be whole.
  return /^(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)\s*$/.test(new TextDecoder().decode(bytes.subarray(first)))
}

/**
 * Whether a body breaks off in a place where the runtime does not notice:
 *
 * - without a length, a connection that is closed after the answer looks the same as one that was lost. So it does to Node where
 *   chunks have no end, if it was to be closed.
 * - a compressed body that was cut before it was framed, as by a proxy, has a whole frame; Node decompresses what there is.
 *
 * HTTP/2 marks the end without any header, but cannot be told from HTTP/1.0: there, too, JSON without its end counts as cut. JSON
 * of no byte at all does only where the server closes the connection, or compresses.
 */
export function isCutBody(response: Response, bytes: Uint8Array): boolean {
  const first = findFirst(bytes)
  // Each header that is asked for takes longer than to look through a short body, which nearly always is whole.
  if (bytes.length <= 512 && isOpening(bytes[first] ?? 0) && !isOpenJson(bytes, first)) return false
  const { headers, status, type: origin } = response
  const length = headers.get('content-length')
  const encoding = headers.get('content-encoding')
  const isEncoded = encoding !== null && !/^\s*(?:identity)?\s*$/i.test(encoding) && length !== '0'
  // A browser shows few headers of another origin's answer.
  if ((length !== null && !isEncoded) || origin === 'cors') return false
  const isClosing = /\bclose\b/i.test(headers.get('connection') ?? '')
  const isUnmarked =
    length === null && (isClosing || !/chunked/i.test(headers.get('transfer-encoding') ?? ''))
  if (!isEncoded && !isUnmarked) return false
  const type = headers.get('content-type') ?? ''
  if (!isJsonType(type)) return false
  if (first < bytes.length) return breaksOff(bytes, first)
  // 204 and 205 have no body. node-fetch shows an empty one.
  return status < 300 && status !== 204 && status !== 205 && (isEncoded || isClosing)
}
