import { readField } from '../contract/json-field.js'

const exactName = /^(?:id|_id|uuid)$/
const idName = /(?:[a-z\d](?:Id|ID)|_id|[rR]eference|[uU]uid)$/
/** Ids of requests, not of things. */
const foreignName = /request|trace|correlation|span|session|account|customer|merchant|user|event/i

function isId(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '' && value.length <= 200) || typeof value === 'number'
}

/** Every object inside a JSON value, from the outside inwards; lists are looked into only at their first element. */
function* objectsOf(json: unknown): Generator<Record<string, unknown>> {
  const queue = [json]
  for (let looked = 0; queue.length > 0 && looked < 200; looked += 1) {
    const at = queue.shift()
    if (typeof at !== 'object' || at === null) continue
    if (Array.isArray(at)) queue.push(at[0])
    else {
      yield at as Record<string, unknown>
      queue.push(...Object.values(at))
    }
  }
}

function findByName(json: unknown, pattern: RegExp, isEcho: (value: string) => boolean): string | undefined {
  for (const object of objectsOf(json))
    for (const [name, value] of Object.entries(object))
      if (pattern.test(name) && !foreignName.test(name) && isId(value) && !isEcho(String(value)))
        return String(value)
  return undefined
}

/** What the answer to a creation tells of the thing: its id, by the given field, by its name, or by `Location`. */
export function findThingId(
  {
    json,
    headers,
    requestText,
  }: { readonly json: unknown; readonly headers: Headers; readonly requestText: string },
  field: readonly string[] | undefined,
): string | undefined {
  if (field !== undefined) {
    const value = readField(json, ...field)
    return isId(value) ? String(value) : undefined
  }
  const isEcho = (value: string) => requestText.includes(value) && value.length > 3
  const location = headers
    .get('location')
    ?.replace(/[?#].*$/s, '')
    .replace(/\/$/, '')
  const segment = location?.slice(location.lastIndexOf('/') + 1)
  return findByName(json, exactName, isEcho) ?? findByName(json, idName, isEcho) ?? (segment || undefined)
}

/** The path to a value inside JSON, list positions as numbers; `undefined` when it is not there. */
export function findPath(
  json: unknown,
  isWanted: (value: unknown) => boolean,
  path: readonly (string | number)[] = [],
): readonly (string | number)[] | undefined {
  if (isWanted(json)) return path
  if (typeof json !== 'object' || json === null || path.length > 6) return undefined
  for (const [name, value] of Object.entries(json).slice(0, 100)) {
    const found = findPath(value, isWanted, [...path, Array.isArray(json) ? Number(name) : name])
    if (found !== undefined) return found
  }
  return undefined
}
