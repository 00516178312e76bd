import type { JournalCall, OpenedOperation } from '../operation/operation-journal.js'
import type { CapturedRequest } from '../transport/capture-request.js'
import { isBlob, isBytes, viewBytes } from '../transport/web-shapes.js'
import type { CheckedCallOptions } from './call-options.js'
import type { OperationSettings } from './operation-options.js'

/** Reads a body that can be sent more than once; `undefined` for one that cannot. */
function readBody(body: CapturedRequest['body']): ReturnType<JournalCall['readBody']> {
  if (body === null || body === undefined) return new Uint8Array()
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (isBytes(body)) return viewBytes(body)
  return isBlob(body) ? (body as Blob).arrayBuffer().then((bytes) => new Uint8Array(bytes)) : undefined
}

/**
 * Has a journal write a call down before its key is taken. `undefined`, at once, when the call is none of a journal's.
 *
 * @throws `TypeError` for an `operationId` or a `step` without a journal.
 */
export function openJournalled(
  settings: OperationSettings,
  request: CapturedRequest,
  givenKey: unknown,
  options: CheckedCallOptions,
): Promise<OpenedOperation> | undefined {
  const { journal = settings.journal, operationId, step, lane, retry } = options
  if (journal === undefined) {
    const option = operationId !== undefined ? 'operationId' : step !== undefined ? 'step' : undefined
    if (option === undefined) return undefined
    return Promise.reject(new TypeError(`idempotency.${option} needs a journal: pass the option journal`))
  }
  const { contract, generateKey, policy } = settings
  return journal.open({
    operationId,
    step,
    lane,
    method: request.method.toUpperCase(),
    url: request.url,
    headers: Object.entries(request.headers),
    readBody: () => readBody(request.body),
    givenKey: givenKey as string | undefined,
    makeKey: generateKey,
    keyRules: contract.keyRules,
    keyTtlMs: contract.keyTtlMs,
    signal: request.signal,
    waitMs: retry?.deadlineMs ?? policy.deadlineMs,
  })
}
