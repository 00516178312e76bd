/** Whether a text is JSON without its end: a bracket or a string is still open. JSON that is whole and wrong is none. */
function isOpenJson(text: string): boolean {
  // A body that is not JSON at all, such as one behind a guard prefix, may well be whole.
  if (!/^\s*[[{"]/.test(text)) return /^\s*(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?)$/.test(text)
  let depth = 0
  let isQuoted = false
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]
    if (letter === '"') isQuoted = !isQuoted
    else if (isQuoted) at += letter === '\\' ? 1 : 0
    else if (letter === '{' || letter === '[') depth += 1
    else if (letter === '}' || letter === ']') depth -= 1
  }
  return depth > 0 || isQuoted
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
export function isCutBody({ headers, status, type }: Response, bytes: Uint8Array): boolean {
  const get = (name: string) => headers.get(name) ?? ''
  const isJson = /^(?:application\/|[^;]*\+)json\s*(?:;|$)/i.test(get('content-type'))
  // A browser shows few headers of another origin's answer.
  if (!isJson || type === 'cors') return false
  const length = headers.get('content-length')
  const isEncoded = /^(?!\s*(?:identity)?\s*$)/i.test(get('content-encoding')) && length !== '0'
  const isClosing = /\bclose\b/i.test(get('connection'))
  const isUnmarked = length === null && (!/chunked/i.test(get('transfer-encoding')) || isClosing)
  if (!isEncoded && !isUnmarked) return false
  const text = new TextDecoder().decode(bytes)
  if (/\S/.test(text)) return isOpenJson(text)
  return status < 300 && (isEncoded || isClosing)
}
