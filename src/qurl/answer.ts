import type { IdempotencyFacts } from '../ky/index.js'
import { advise } from './advice.js'
import { keepFacts, type ResultMeta } from './meta.js'
import { createError, ERROR_CODE_UNEXPECTED_RESPONSE } from './errors.js'
import { isWrite, readRateLimit, type CallFacts } from './failure.js'
import type { Answer, Call, EnvelopeMeta } from './call.js'
import { isRecord } from './validate.js'

/**
 * Opens the service's envelope.
 *
 * @param body - The parsed answer, `undefined` when it is no JSON.
 * @throws {@link ValidationError} (`unexpected_response`) when a body is needed and there is none, or another thing.
 */
export function readAnswer(
  call: Call,
  { status, headers }: Response,
  body: unknown,
  facts: IdempotencyFacts | undefined,
): Answer {
  const document = isRecord(body) ? body : {}
  const envelope = readMeta(document['meta'])
  const write = isWrite(call) ? facts : undefined
  const rateLimit = readRateLimit(headers)
  const requestId = envelope.request_id ?? headers.get('x-request-id') ?? undefined
  const meta: ResultMeta = {
    status,
    headers,
    replayed: facts?.replayed ?? false,
    attempts: facts?.attempts ?? 1,
    ...(requestId === undefined ? {} : { requestId }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(envelope.found_existing === undefined ? {} : { foundExisting: envelope.found_existing }),
    ...(facts?.key === undefined ? {} : { key: facts.key }),
  }
  const refuse = (detail: string, errorStatus = 0) => {
    // Whoever answered so may not be the service, or not have done what was asked.
    const known = write && { ...write, outcome: 'unknown' as const }
    const error = createError({
      status: errorStatus,
      code: ERROR_CODE_UNEXPECTED_RESPONSE,
      title: 'Unexpected response',
      detail: `${call.method} ${call.path}: ${detail}`,
      request_id: requestId,
      advice: known && advise(call, status),
      ...(known satisfies CallFacts | undefined),
    })
    return keepFacts(error, known)
  }
  if (call.readsBody !== false && status !== 204) {
    if (body === undefined) throw refuse('the answer is not JSON', status)
    if (!isRecord(body)) throw refuse('the answer is not an object')
  }
  return { status, data: document['data'], envelope, meta, write, refuse }
}

function readMeta(value: unknown): EnvelopeMeta {
  if (!isRecord(value)) return {}
  const { request_id, page_size, has_more, next_cursor, found_existing } = value
  return {
    ...(typeof request_id === 'string' ? { request_id } : {}),
    ...(typeof page_size === 'number' ? { page_size } : {}),
    ...(typeof has_more === 'boolean' ? { has_more } : {}),
    ...(typeof next_cursor === 'string' ? { next_cursor } : {}),
    ...(typeof found_existing === 'boolean' ? { found_existing } : {}),
  }
}
