import { bodyField, header } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readText } from '../json-field.js'
import type { ContractDefinition, ServerContract } from '../server-contract.js'
import { pathOf } from '../url-path.js'
import { findKeyedOperations, type KeyedOperation } from './find-key.js'
import { findMarkers, findMeanings } from './read-answers.js'
import { findGenerator, readKeyRules, readTtl } from './read-key-rules.js'

/** Whether a path of a document is the end of a URL's path: what stands before it is the server's own. */
function toMatcher({ method, path }: KeyedOperation): (target: { method: string; url: string }) => boolean {
  const steps = path.split('/').map((step) =>
    step
      .split(/\{[^}]*\}/)
      .map((text) => text.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&'))
      .join('[^/]+'),
  )
  const form = new RegExp(`${steps.join('/')}/?$`)
  return (target) => target.method === method && form.test(pathOf(target.url))
}

/**
 * Describes how a server treats keys, as far as its OpenAPI document tells (version 2 or 3, parsed): the header or field that
 * carries the key, what it may be, the operations and methods that take it, how long it is kept, the headers that mark a replay, and
 * what the descriptions of error answers say about the key. Marks of generators count as well, such as `x-fern-idempotent`.
 *
 * A document says little of what a server does: read what comes of it, complete it by `changes`, and find out the rest
 * with a probe of the server.
 *
 * @param changes - what the document does not say, or says wrong; as in {@link defineContract}
 * @throws `TypeError` when no operation takes a key, or when no generator of ours makes a key that the document allows and
 * `changes` gives none.
 *
 * @example
 * ```ts
 * import { contractFromOpenApi } from 'fetch-idempotency/contracts'
 *
 * const contract = contractFromOpenApi({
 *   paths: { '/orders': { post: { parameters: [{ in: 'header', name: 'X-Idempotency-Key' }] } } },
 * })
 * console.log(contract.carrier) // { in: 'header', name: 'X-Idempotency-Key', format: 'raw' }
 * ```
 */
export function contractFromOpenApi(document: unknown, changes: ContractDefinition = {}): ServerContract {
  const operations = findKeyedOperations(document)
  const [first] = operations
  if (first === undefined)
    throw new TypeError('contractFromOpenApi: no operation of the document takes an idempotency key')
  const keys = operations.map(({ key }) => key)
  const keyRules = { ...readKeyRules(keys), ...changes.keyRules }
  const generateKey = changes.generateKey ?? findGenerator(keyRules)
  if (generateKey === undefined)
    throw new TypeError('contractFromOpenApi: give changes.generateKey, the document allows none of our keys')
  const matchers = operations.map(toMatcher)
  const markers = findMarkers(document, operations)
  const definition: ContractDefinition = {
    name: readText(document, 'info', 'title') ?? 'openApi',
    carrier: first.key.in === 'header' ? header(first.key.name) : bodyField(first.key.name),
    methods: [...new Set(operations.map(({ method }) => method))],
    honoursKey: (target) => matchers.some((matches) => matches(target)),
    ...readTtl(keys),
    replayMarkers: markers.length === 0 ? undefined : markers,
    answers: findMeanings(document, operations),
  }
  // A retention that is given is as good as it is given.
  const given = changes.keyTtlMs === undefined ? {} : { ttlAssumed: false }
  return defineContract({ ...definition, ...given, ...changes, keyRules, generateKey })
}
