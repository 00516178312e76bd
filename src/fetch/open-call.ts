import { rememberFacts } from '../operation/facts.js'
import type { JournalledAnswer, OpenedOperation } from '../operation/operation-journal.js'
import type { FetchSettings } from './fetch-options.js'
import type { PreparedCall } from './prepare-call.js'

/** Has a journal write a call down. `undefined` when the call is none of a journal's. */
export function openCall(settings: FetchSettings, call: PreparedCall): Promise<OpenedOperation> | undefined {
  const { guard } = settings
  const { request, options, givenKey } = call
  const { journal = settings.journal, operationId, step, lane, retry } = options
  if (operationId !== undefined && journal === undefined)
    return Promise.reject(
      new TypeError('idempotency.operationId needs a journal: createIdempotentFetch({ journal })'),
    )
  const { body } = request
  return journal?.open({
    operationId,
    step,
    lane,
    method: request.method.toUpperCase(),
    url: request.url,
    headers: Object.entries(request.headers),
    readBody: () =>
      body === null || body === undefined
        ? new Uint8Array()
        : typeof body === 'string'
          ? new TextEncoder().encode(body)
          : body instanceof Uint8Array
            ? body
            : body instanceof Blob
              ? body.arrayBuffer().then((bytes) => new Uint8Array(bytes))
              : undefined,
    givenKey: call.isGenerated ? undefined : (givenKey as string | undefined),
    makeKey: guard.generateKey,
    keyRules: guard.contract.keyRules,
    keyTtlMs: guard.contract.keyTtlMs,
    signal: request.signal,
    waitMs: retry?.deadlineMs ?? guard.policy.deadlineMs,
  })
}

/** The answer that a journal has kept. */
export function giveAnswer({ key }: OpenedOperation, answer: JournalledAnswer): Response {
  const { status, headers, bytes, outcome } = answer
  const isEmpty = status === 204 || status === 205 || status === 304
  const response = new Response(isEmpty ? null : (bytes as BlobPart as BodyInit), {
    status,
    headers: [...headers] as [string, string][],
  })
  rememberFacts(response, { key, attempts: 0, replayed: true, outcome })
  return response
}
