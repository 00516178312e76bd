import { readField } from './json-field.js'
import { writeJsonField } from './write-json-field.js'

/** Where the key travels, and in which form. */
export type KeyCarrier =
  | { readonly in: 'header'; readonly name: string; readonly format: 'raw' | 'quoted' }
  | {
      readonly in: 'body'
      readonly path: readonly string[]
      readonly read: typeof readBodyKey
      readonly write: typeof writeBodyKey
    }
  | {
      readonly in: 'query'
      readonly name: string
      readonly read: typeof readQueryKey
      readonly write: typeof writeQueryKey
    }

/** The key as it is, in a header. What nearly every live API expects. */
/* @__NO_SIDE_EFFECTS__ */
export function header(name = 'Idempotency-Key'): KeyCarrier {
  return { in: 'header', name, format: 'raw' }
}

/**
 * The key as a structured-field string (in double quotes), in a header.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9651#section-3.3.3 | RFC 9651, section 3.3.3}
 */
/* @__NO_SIDE_EFFECTS__ */
export function quotedHeader(name = 'Idempotency-Key'): KeyCarrier {
  return { in: 'header', name, format: 'quoted' }
}

/** The key in a field of the JSON body; dots separate the steps of the path. */
/* @__NO_SIDE_EFFECTS__ */
export function bodyField(path: string): KeyCarrier {
  return { in: 'body', path: path.split('.'), read: readBodyKey, write: writeBodyKey }
}

/** The key in a query parameter. */
/* @__NO_SIDE_EFFECTS__ */
export function queryParameter(name: string): KeyCarrier {
  return { in: 'query', name, read: readQueryKey, write: writeQueryKey }
}

/** The header value for a key. */
export function encodeHeader(carrier: { readonly format: 'raw' | 'quoted' }, key: string): string {
  return carrier.format === 'raw' ? key : `"${key.replace(/["\\]/g, '\\$&')}"`
}

/** The key in a header value: a quoted carrier reads both forms. */
export function decodeHeader(carrier: { readonly format: 'raw' | 'quoted' }, value: string): string {
  const quoted = carrier.format === 'raw' ? null : /^"((?:[^"\\]|\\["\\])*)"$/.exec(value)
  return quoted === null ? value : (quoted[1] as string).replace(/\\(.)/g, '$1')
}

/** The key in a JSON text, `undefined` when the text is no JSON object or has no such field. */
export function readBodyKey(path: readonly string[], text: string): unknown {
  try {
    return readField(JSON.parse(text), ...path)
  } catch {
    return undefined
  }
}

/**
 * The JSON text with the key in it.
 *
 * @throws `TypeError` when the text is not a JSON object that the field fits into.
 */
export function writeBodyKey(path: readonly string[], text: string, key: string): string {
  try {
    JSON.parse(text)
  } catch {
    // The error of `JSON.parse` would quote the body.
    throw new TypeError('the contract puts the key into a JSON body, and this body is not JSON')
  }
  const written = writeJsonField(text, path, JSON.stringify(key))
  if (written === undefined)
    throw new TypeError('the contract puts the key into a JSON object, and the body is none')
  return written
}

/** The key in the query of a URL, `undefined` when it has none. */
export function readQueryKey(name: string, url: string): string | undefined {
  return new URLSearchParams(/\?([^#]*)/.exec(url)?.[1]).get(name) ?? undefined
}

/** The URL with the key in its query, in place of any that is there. Everything else stays as it was written. */
export function writeQueryKey(name: string, url: string, key: string): string {
  const [, target = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(url) ?? []
  const others = query.split('&').filter((pair) => pair !== '' && !new URLSearchParams(pair).has(name))
  return `${target}?${[...others, `${encodeURIComponent(name)}=${encodeURIComponent(key)}`].join('&')}${fragment}`
}
