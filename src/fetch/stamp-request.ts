import { decodeHeader, encodeHeader, type KeyCarrier } from '../contract/carrier.js'
import { findHeader, type CapturedBody, type CapturedRequest } from './capture-request.js'

/** The parts of a request in which a key can travel. */
type Stampable = Pick<CapturedRequest, 'url' | 'headers' | 'body'>

function textOf(body: CapturedBody): string | undefined {
  return body instanceof Uint8Array
    ? new TextDecoder().decode(body)
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
 * @throws `TypeError` or `SyntaxError` when the body cannot take the key.
 */
export function stampRequest(
  carrier: KeyCarrier,
  request: CapturedRequest,
  key: string,
  companions: Readonly<Record<string, string>>,
): CapturedRequest {
  const { url, body } = request
  const headers = { ...request.headers }
  for (const [name, value] of Object.entries(companions))
    headers[findHeader(headers, name.toLowerCase()) ?? name] = value
  const isStamped = readGivenKey(carrier, request) === key
  if (isStamped) return { ...request, headers }
  switch (carrier.in) {
    case 'header':
      headers[findHeader(headers, carrier.name.toLowerCase()) ?? carrier.name] = encodeHeader(carrier, key)
      return { ...request, headers }
    case 'query':
      return { ...request, headers, url: carrier.write(carrier.name, url, key) }
    case 'body': {
      const text = textOf(body)
      if (text === undefined)
        throw new TypeError('the contract carries the key in a JSON body, and this body is none')
      return { ...request, headers, body: carrier.write(carrier.path, text, key) }
    }
  }
}
