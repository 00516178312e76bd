import { isHeaders } from './web-shapes.js'

/** The name under which a header is written, any case. */
export function findHeader(headers: Readonly<Record<string, string>>, lowerName: string): string | undefined {
  for (const name in headers)
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return name
  return undefined
}

const token = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Headers as they are now, of whichever class or form.
 *
 * @throws `TypeError` for a name that HTTP does not allow.
 */
export function copyHeaders(source: unknown): Record<string, string> {
  if (source === undefined || source === null) return {}
  const headers: Record<string, string> = {}
  if (isHeaders(source)) {
    // Those of a class of headers have been checked by it.
    source.forEach((value, name) => {
      const lowerName = name.toLowerCase()
      if (Object.hasOwn(headers, lowerName)) add(headers, name, value)
      else headers[lowerName] = value
    })
  } else if (Symbol.iterator in Object(source)) {
    for (const pair of source as Iterable<Iterable<unknown>>) {
      const [name, value, ...more] = [...pair]
      if (value === undefined || more.length > 0)
        throw new TypeError('a header must be a pair of name and value')
      add(headers, String(name), value)
    }
  } else {
    // `fetch` would do the same to a value that is no string.
    for (const name of Object.keys(source)) headers[name] = `${(source as Record<string, string>)[name]}`
  }
  return headers
}

/** As `Headers` does: names in lower case, values of one name in one line. */
function add(headers: Record<string, string>, name: string, value: unknown): void {
  if (!token.test(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a header`)
  const lowerName = name.toLowerCase()
  const text = `${value as string}`.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')
  const separator = lowerName === 'cookie' ? '; ' : ', '
  // Not by its value: every object has a `constructor`.
  headers[lowerName] = Object.hasOwn(headers, lowerName) ? headers[lowerName] + separator + text : text
}
