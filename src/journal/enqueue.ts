import { KeyReusedError } from '../errors/key-reused-error.js'
import { JournalError } from '../errors/journal-error.js'
import { generateKey } from '../key/generate-key.js'
import type { JournalCall } from '../operation/operation-journal.js'
import { factsOf, freshValue, readCall } from './call-value.js'
import { writeValue } from './entry-value.js'
import type { JournalSettings } from './journal-settings.js'
import type { OperationStore } from './store.js'

/** A write that is to be sent later. */
export interface EnqueuedRequest {
  readonly url: string
  /** @defaultValue `'POST'` */
  readonly method?: string | undefined
  /** Those that hold credentials are not kept: `recover` asks for them. */
  readonly headers?: RequestInit['headers'] | undefined
  readonly body?: string | Uint8Array | undefined
}

/** Options of `enqueue`. */
export interface EnqueueOptions {
  /** Operations of one lane are sent in their order. @defaultValue none */
  readonly lane?: string | undefined
  /** The store to write to in place of the journal's, such as one inside of a transaction of yours. */
  readonly store?: OperationStore | undefined
}

/** Writes an operation down without sending it. `false` when it was there already. */
export async function enqueueOperation(
  settings: JournalSettings,
  operationId: string,
  id: string,
  storeLane: string | undefined,
  { url, method = 'POST', headers, body }: EnqueuedRequest,
  { lane, store = settings.store }: EnqueueOptions,
): Promise<boolean> {
  if (body !== undefined && typeof body !== 'string' && !ArrayBuffer.isView(body))
    throw new TypeError(`enqueue: body must be a string or bytes, not ${typeof body}`)
  const bytes =
    typeof body === 'string'
      ? new TextEncoder().encode(body)
      : body === undefined
        ? new Uint8Array()
        : new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  const fields = new Headers(headers)
  if (typeof body === 'string' && !fields.has('content-type'))
    fields.set('content-type', 'text/plain;charset=UTF-8')
  const { naming, clock, makeToken } = settings
  const keyRules = { minLength: 1, maxLength: 255 }
  const call: JournalCall = {
    operationId,
    step: undefined,
    lane,
    method: method.toUpperCase(),
    url: new URL(url).href,
    headers: fields,
    readBody: () => bytes,
    givenKey: undefined,
    makeKey: generateKey,
    keyRules,
    keyTtlMs: Infinity,
    signal: undefined,
    waitMs: 0,
  }
  const key = naming.hasSecret ? naming.key(keyRules, 'operation', operationId) : undefined
  const value = await freshValue(settings, call, { about: { operationId, lane }, key }, true)
  if (value.request === undefined)
    throw new TypeError('enqueue: the URL holds a credential, which is not kept')
  // Not tried again: inside of a transaction, a failure has ended that.
  const claim = await store
    .claim({
      id,
      lane: storeLane,
      token: makeToken(),
      leaseMs: 0,
      value: writeValue(value),
      nowMs: clock.now(),
    })
    .catch((cause: unknown) => {
      throw new JournalError('unavailable', factsOf(call, 'unknown', undefined, cause))
    })
  if (!('entry' in claim)) return true
  const known = readCall(claim.entry, factsOf(call, 'unknown'))
  if (known.fingerprint !== value.fingerprint)
    throw new KeyReusedError(factsOf(call, 'not-applied', known.key))
  return false
}
