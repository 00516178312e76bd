import { decodeHeader, encodeHeader, type KeyCarrier } from '../contract/carrier.js'
import { findHeader } from './capture-headers.js'
import type { CapturedRequest } from './capture-request.js'
import type { CapturedBody } from './captured-body.js'
import { isBytes } from './web-shapes.js'

/** The parts of a request in which a key can travel. */
type Stampable = Pick<CapturedRequest, 'url' | 'headers' | 'body'>

function textOf(body: CapturedBody, fatal = false): string | undefined {
  return isBytes(body)
    ? new TextDecoder('utf-8', { fatal }).decode(body)
    : typeof body === 'string'
      ? body
      : undefined
}

/** The key that a request carries already, `undefined` when it has none. */
export function readGivenKey(carrier: KeyCarrier, { url, headers, body }: Stampable): unknown {
  if (carrier.in === 'header') {
    const name = findHeader(headers, carrier.name.toLowerCase())
    return name === undefined ? undefined : decodeHeader(carrier, headers[name] as string)
  }
  if (carrier.in === 'query') return carrier.read(carrier.name, url)
  const text = textOf(body)
  return text === undefined ? undefined : carrier.read(carrier.path, text)
}

/**
 * The request with its key and what goes with it. A key that it carries already stays as the caller wrote it.
 *
 * @throws `TypeError` when the body cannot take the key.
 */
export function stampRequest(
  carrier: KeyCarrier,
  request: CapturedRequest,
  key: string,
  companions: Readonly<Record<string, string>>,
): CapturedRequest {
  const { url, body } = request
  const isStamped = readGivenKey(carrier, request) === key
  if (isStamped && Object.keys(companions).length === 0) return request
  const headers = addHeaders(request.headers, companions)
  const stamped = { ...request, headers }
  if (isStamped) return stamped
  if (carrier.in === 'query') return { ...stamped, url: carrier.write(carrier.name, url, key) }
  if (carrier.in === 'header') {
    setHeader(headers, carrier.name, encodeHeader(carrier, key))
    return stamped
  }
  // Bytes of another encoding would not be those of the caller any more.
  const text = textOf(body, true)
  if (text === undefined)
    throw new TypeError('the contract puts the key into a JSON body, and this body is not JSON')
  // They tell of the body as it was without the key.
  for (const name of ofBody) delete headers[findHeader(headers, name) ?? name]
  return { ...stamped, body: carrier.write(carrier.path, text, key) }
}

/** Headers that hold the length or a digest of the body. */
const ofBody = ['content-length', 'content-digest', 'repr-digest', 'digest', 'content-md5']

/** The request without its key, as it goes on. `first` is the one that the key was stamped on. */
export function unstampRequest(
  carrier: KeyCarrier,
  request: CapturedRequest,
  first: CapturedRequest,
  companions: Readonly<Record<string, string>>,
): CapturedRequest {
  const headers = addHeaders(request.headers, {})
  const names = Object.keys(companions).concat(carrier.in === 'header' ? carrier.name : [])
  for (const name of names) delete headers[findHeader(headers, name.toLowerCase()) ?? name]
  const { url, body } = carrier.in === 'header' ? request : first
  return { ...request, headers, url, body }
}

/** The request with headers of one attempt, which never take the place of the key. */
export function withHeaders(
  request: CapturedRequest,
  more: Readonly<Record<string, string>>,
  carrier: KeyCarrier,
): CapturedRequest {
  const own = carrier.in === 'header' ? carrier.name.toLowerCase() : undefined
  const others = Object.entries(more).filter(([name]) => name.toLowerCase() !== own)
  return { ...request, headers: addHeaders(request.headers, Object.fromEntries(others)) }
}

/** A copy with more headers. Not spread: V8 takes long for an object that is spread first and then added to. */
function addHeaders(
  headers: CapturedRequest['headers'],
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const copy: Record<string, string> = {}
  for (const name of Object.keys(headers)) copy[name] = headers[name] as string
  for (const name of Object.keys(more)) setHeader(copy, name, more[name] as string)
  return copy
}

function setHeader(headers: Record<string, string>, name: string, value: string): void {
  headers[findHeader(headers, name.toLowerCase()) ?? name] = value
}
