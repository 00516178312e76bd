import type { IdempotencyFacts } from '../ky/index.js'
import { advise } from './advice.js'
import type { Answer, Call, EnvelopeMeta } from './call.js'
import { ERROR_CODE_UNEXPECTED_RESPONSE } from './error-codes.js'
import { createError } from './errors.js'
import type { Received } from './exchange.js'
import { keepFacts, type ResultMeta } from './meta.js'
import { readRateLimit } from './problem.js'
import { isRecord } from './validate.js'

/** The service has spoken, and under the same key it would say the same again. */
const lookAtData = 'It may have been done: error.data holds what the answer said'

/**
 * Opens the service's envelope.
 *
 * @throws {@link ValidationError} (`unexpected_response`) when a body is needed and there is none, or another thing.
 */
export function readAnswer(
  call: Call,
  received: Received,
  facts: IdempotencyFacts | undefined,
  { baseUrl, note, attempts }: Pick<Answer, 'baseUrl' | 'note'> & { readonly attempts: number },
): Answer {
  const { status, text, json, problem } = received
  const document = isRecord(json) ? json : undefined
  const envelope = readMeta(document?.['meta'])
  const write = call.method === 'GET' ? undefined : facts
  let meta: ResultMeta | undefined
  const refuse = (detail: string, errorStatus = 0) => {
    // Such an answer may come from something other than the service, or from a service that did not do the write.
    const known = write && { ...write, outcome: 'unknown' as const }
    note(`refused the answer: ${detail}`)
    const { requestId, attempts: requests } = answer.meta
    const error = createError({
      status: errorStatus,
      code: ERROR_CODE_UNEXPECTED_RESPONSE,
      title: 'Unexpected response',
      detail: `${call.method} ${call.path}: ${detail}`,
      request_id: requestId,
      advice: known && (document === undefined ? advise(call, status) : lookAtData),
      // Links and secrets are shown once: an answer that cannot be used may hold the only copy.
      data: document?.['data'] ?? json ?? (text === '' ? undefined : text),
      attempts: requests,
      key: known?.key,
      outcome: known?.outcome,
    })
    return keepFacts(error, known)
  }
  const answer: Answer = {
    status,
    data: document?.['data'],
    envelope,
    baseUrl,
    write,
    refuse,
    note,
    // Few callers ask for it, and to read the headers takes as long as to parse the body.
    get meta() {
      return (meta ??= metaOfAnswer(received, envelope, facts, attempts))
    },
  }
  if (problem !== undefined) throw refuse(problem, status)
  if (status === 204 || status === 304) return answer
  if (call.readsBody === false && text === '') {
    if (status !== 204 && json === undefined) note('204 was expected')
    return answer
  }
  if (json === undefined) throw refuse('the answer is not JSON', status)
  if (document === undefined) throw refuse('the answer is not an object')
  if (facts?.replayed === true && facts.attempts === 1) note('the answer came from the store of the service')
  return answer
}

function metaOfAnswer(
  { status, headers }: Received,
  envelope: EnvelopeMeta,
  facts: IdempotencyFacts | undefined,
  attempts: number,
): ResultMeta {
  const rateLimit = readRateLimit(headers)
  const requestId = envelope.request_id ?? headers.get('x-request-id') ?? undefined
  const foundExisting = envelope.found_existing
  return {
    status,
    headers,
    replayed: facts?.replayed ?? false,
    attempts: facts?.attempts ?? attempts,
    ...(requestId === undefined ? {} : { requestId }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(typeof foundExisting === 'boolean' ? { foundExisting } : {}),
    ...(facts?.key === undefined ? {} : { key: facts.key }),
  }
}

function readMeta(value: unknown): EnvelopeMeta {
  const { request_id, page_size, has_more, next_cursor, found_existing } = isRecord(value) ? value : {}
  return {
    request_id: typeof request_id === 'string' ? request_id : undefined,
    page_size: typeof page_size === 'number' ? page_size : undefined,
    has_more: typeof has_more === 'boolean' ? has_more : undefined,
    next_cursor: typeof next_cursor === 'string' ? next_cursor : undefined,
    found_existing,
  }
}
