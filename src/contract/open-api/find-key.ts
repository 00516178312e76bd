import { readField, readText } from '../json-field.js'
import { listFields, listOperations, resolveReference, type OpenApiOperation } from './find-operations.js'

/** Where an operation takes its key. */
export interface FoundKey {
  readonly in: 'header' | 'body'
  readonly name: string
  /** What the document says of the value. */
  readonly schema: unknown
  readonly description: string
}

export interface KeyedOperation extends OpenApiOperation {
  readonly key: FoundKey
}

const keyName = /idempoten/i

/** Headers that go with a key, and are none. */
const companionName = /(?:expir\w*|ttl|status|timestamp|replayed|first-sent)$/i

/** Headers that are known to carry a key, whatever a document says of them. */
const knownName = /^(?:paypal-request-id|repeatability-request-id)$/i

/** A header whose name says less than its description. */
const requestName = /request[\w-]*(?:id|key|token)$/i

/** Marks of generators on operations whose key the generator's client sends by itself. */
const marks = ['x-fern-idempotent', 'x-idempotent', 'x-speakeasy-idempotent']

function isKeyParameter(parameter: unknown): boolean {
  if (readText(parameter, 'in') !== 'header') return false
  const name = readText(parameter, 'name') ?? ''
  if (companionName.test(name)) return false
  return (
    knownName.test(name) ||
    keyName.test(name) ||
    (requestName.test(name) && keyName.test(readText(parameter, 'description') ?? ''))
  )
}

/** The header that the client of a generator sends with every operation that it marks. */
function readMarkedHeader(document: unknown): string {
  const [, first] = listFields(readField(document, 'x-fern-idempotency-headers'))[0] ?? []
  const list = readField(document, 'x-fern-idempotency-headers')
  return readText(Array.isArray(list) ? list[0] : first, 'header') ?? 'Idempotency-Key'
}

function findBodyKey(document: unknown, operation: unknown): FoundKey | undefined {
  const body = resolveReference(document, readField(operation, 'requestBody'))
  const schema = resolveReference(document, readField(body, 'content', 'application/json', 'schema'))
  for (const [name, given] of listFields(readField(schema, 'properties'))) {
    const field = resolveReference(document, given)
    if (keyName.test(name) && /(?:key|id|token)$/i.test(name))
      return { in: 'body', name, schema: field, description: readText(field, 'description') ?? '' }
  }
  return undefined
}

function findKey(document: unknown, { parameters, operation }: OpenApiOperation): FoundKey | undefined {
  const parameter = parameters.find(isKeyParameter)
  if (parameter !== undefined)
    return {
      in: 'header',
      name: readText(parameter, 'name') as string,
      // Swagger 2 writes the schema into the parameter itself.
      schema: resolveReference(document, readField(parameter, 'schema')) ?? parameter,
      description: readText(parameter, 'description') ?? '',
    }
  if (marks.some((mark) => readField(operation, mark) === true))
    return { in: 'header', name: readMarkedHeader(document), schema: undefined, description: '' }
  return findBodyKey(document, operation)
}

/** The operations of a document that take a key, all in the place that most of them have. */
export function findKeyedOperations(document: unknown): readonly KeyedOperation[] {
  const found = listOperations(document).flatMap((operation) => {
    const key = findKey(document, operation)
    return key === undefined ? [] : [{ ...operation, key }]
  })
  const places = new Map<string, KeyedOperation[]>()
  for (const operation of found) {
    const place = `${operation.key.in} ${operation.key.name.toLowerCase()}`
    places.set(place, [...(places.get(place) ?? []), operation])
  }
  return [...places.values()].reduce<KeyedOperation[]>(
    (most, list) => (list.length > most.length ? list : most),
    [],
  )
}
