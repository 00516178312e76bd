import type { AnswerMeanings, AnswerPattern } from '../answer-patterns.js'
import { readField, readText } from '../json-field.js'
import type { ReplayMarker } from '../server-contract.js'
import { listFields, resolveReference } from './find-operations.js'
import type { KeyedOperation } from './find-key.js'

const aboutKey = /idempoten/i
const aboutRunning = /in[- ]?(?:progress|flight)|process(?:ing|ed)|concurrent|outstanding|still/i
const aboutReuse = /different|another|mismatch|reus|does not match|already (?:been )?used/i

const markerName = /idempoten[\w-]*(?:replay|cache|hit|status)|replayed/i
const markerValues = /^(?:true|hit|cached|replayed|processed)$/i

/** The headers of answers that mark a replay, with the value that does. */
export function findMarkers(
  document: unknown,
  operations: readonly KeyedOperation[],
): readonly ReplayMarker[] {
  const markers = new Map<string, ReplayMarker>()
  for (const { operation } of operations)
    for (const [, given] of listFields(readField(operation, 'responses')))
      for (const [name, header] of listFields(readField(resolveReference(document, given), 'headers'))) {
        if (!markerName.test(name)) continue
        const schema = readField(resolveReference(document, header), 'schema')
        const values = readField(resolveReference(document, schema), 'enum')
        const value = (Array.isArray(values) ? values : []).map(String).find((one) => markerValues.test(one))
        markers.set(name.toLowerCase(), { header: name.toLowerCase(), value })
      }
  return [...markers.values()]
}

/**
 * What the descriptions of error answers say of the key. A description that names more than one meaning, or none, is left to
 * the rules of `standard`.
 */
export function findMeanings(document: unknown, operations: readonly KeyedOperation[]): AnswerMeanings {
  const [running, reused] = [new Set<number>(), new Set<number>()]
  for (const { operation } of operations)
    for (const [status, given] of listFields(readField(operation, 'responses'))) {
      const text = readText(resolveReference(document, given), 'description') ?? ''
      if (!/^4\d\d$/.test(status) || !aboutKey.test(text)) continue
      if (aboutRunning.test(text) === aboutReuse.test(text)) continue
      ;(aboutRunning.test(text) ? running : reused).add(Number(status))
    }
  const pattern = (statuses: Set<number>, others: Set<number>): AnswerPattern | undefined => {
    const status = [...statuses].filter((one) => !others.has(one))
    return status.length === 0 ? undefined : { status }
  }
  return { running: pattern(running, reused), reused: pattern(reused, running) }
}
