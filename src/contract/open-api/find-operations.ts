import { readField, readList, readText } from '../json-field.js'

/** One operation of an OpenAPI document, with what stands at its path and behind its references. */
export interface OpenApiOperation {
  /** In upper case. */
  readonly method: string
  readonly path: string
  readonly parameters: readonly unknown[]
  readonly operation: unknown
}

/** Some documents let a read take a key as well, which it has no use for. */
const methods = ['post', 'put', 'patch', 'delete']

/** The fields of a JSON object, none for anything else. */
export function listFields(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}

/** What a value stands for, where it is a reference into the same document. */
export function resolveReference(document: unknown, value: unknown, depth = 0): unknown {
  const reference = readText(value, '$ref')
  if (reference === undefined) return value
  if (!reference.startsWith('#/') || depth > 10) return undefined
  const steps = reference
    .slice(2)
    .split('/')
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
  return resolveReference(document, readField(document, ...steps), depth + 1)
}

/** Every operation of a document that may write. */
export function listOperations(document: unknown): readonly OpenApiOperation[] {
  return listFields(readField(document, 'paths')).flatMap(([path, given]) => {
    const item = resolveReference(document, given)
    return methods.flatMap((method) => {
      const operation = readField(item, method)
      if (operation === undefined) return []
      const parameters = [...readList(item, 'parameters'), ...readList(operation, 'parameters')]
      return [
        {
          method: method.toUpperCase(),
          path,
          parameters: parameters.map((parameter) => resolveReference(document, parameter)),
          operation,
        },
      ]
    })
  })
}
