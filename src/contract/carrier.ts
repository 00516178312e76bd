/** Where the key travels, and in which form. */
export type KeyCarrier =
  | { readonly in: 'header'; readonly name: string; readonly format: 'raw' | 'quoted' }
  | { readonly in: 'body'; readonly path: readonly string[] }
  | { readonly in: 'query'; readonly name: string }

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
  return { in: 'body', path: path.split('.') }
}

/** The key in a query parameter. */
/* @__NO_SIDE_EFFECTS__ */
export function queryParameter(name: string): KeyCarrier {
  return { in: 'query', name }
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
    return path.reduce<unknown>(
      (value, step) => (value as Record<string, unknown> | null)?.[step],
      JSON.parse(text),
    )
  } catch {
    return undefined
  }
}

/**
 * The JSON text with the key in it. Everything else keeps its value and order.
 *
 * @throws `SyntaxError` or `TypeError` when the text is not a JSON object that the field fits into.
 */
export function writeBodyKey(path: readonly string[], text: string, key: string): string {
  const root: unknown = JSON.parse(text)
  let place = root
  for (const [index, step] of path.entries()) {
    if (typeof place !== 'object' || place === null || Array.isArray(place))
      throw new TypeError('the body is not a JSON object')
    const fields = place as Record<string, unknown>
    if (index === path.length - 1) fields[step] = key
    else place = fields[step] ??= {}
  }
  return JSON.stringify(root)
}

/** The URL with the key in its query. Everything else stays as it was written. */
export function writeQueryKey(name: string, url: string, key: string): string {
  const [, target = '', query = '', fragment = ''] = /^([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(url) ?? []
  return `${target}${query}${query.length > 1 ? '&' : query === '' ? '?' : ''}${encodeURIComponent(name)}=${encodeURIComponent(key)}${fragment}`
}
