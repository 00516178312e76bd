import type { SeenAnswer } from '../contract/key-evidence.js'
import type { AttemptResult } from './attempted.js'
import { findHeader } from './capture-headers.js'
import type { CapturedRequest } from './capture-request.js'
import { isSentOnce } from './captured-body.js'
import type { SendWatch } from './sent-below.js'
import { isDeterministic, readFailure } from './transport-failure.js'
import { isBytes, isTypeError, webClass } from './web-shapes.js'

/** Whether the request is one that `fetch` takes at all. The URL may be for a fetch that knows what it is relative to. */
function isSendable({ method, headers, body, rest }: CapturedRequest): boolean {
  const { mode, credentials, cache, redirect, referrerPolicy } = rest
  const settings = { mode, credentials, cache, redirect, referrerPolicy } as RequestInit
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
  try {
    const init = { ...given, method, headers, ...(body != null && { body: '' }) }
    return new (webClass('Request'))('http://a', init).method !== ''
  } catch {
    return false
  }
}

/** By how many bytes the body is longer than its `content-length`; `NaN` where one of them is not known. */
export function excessBytes({ headers, body }: CapturedRequest): number {
  const name = findHeader(headers, 'content-length')
  if (name === undefined || body === null || body === undefined || isSentOnce(body)) return NaN
  const length =
    typeof body === 'string'
      ? new TextEncoder().encode(body).length
      : isBytes(body)
        ? body.byteLength
        : body.size
  return length - parseInt(headers[name] as string)
}

/** What undici says of another length than that of the body, unless it waits for ever, or sends a part first. */
export function refuseLength(): AttemptResult<Response> {
  const code = 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
  const cause = Object.assign(new Error('the body is not as long as its content-length says'), { code })
  const error = new TypeError('fetch failed', { cause })
  return { attempted: { lost: 'unsendable', error, isTimeout: false }, answer: undefined, error }
}

/** A lost answer. */
export function readLoss(
  error: unknown,
  request: CapturedRequest,
  mayHaveMoved: boolean,
  isAtLeast: boolean,
  isCut: boolean,
  seen: SeenAnswer | undefined,
  watch: SendWatch | undefined,
): AttemptResult<Response> {
  const read = readFailure(error, request.url, mayHaveMoved)
  const verdict = read === 'unknown' && isTypeError(error) && !isSendable(request) ? 'unsendable' : read
  const isFinal = isDeterministic(error)
  // A part of a body that is shorter than it should be, or that streams, may have been sent.
  const isPartlySent =
    read === 'unsendable' && isFinal && (isSentOnce(request.body) || excessBytes(request) < 0)
  const isResent =
    verdict !== 'unknown' && URL.canParse(request.url) && watch?.wasSent(request.method, request.url)
  // What is told of the last request says nothing of those that were sent before it.
  const isOpen = isPartlySent || isResent || (isAtLeast && (verdict === 'not-sent' || isFinal))
  const attempted = {
    lost: isOpen ? 'unknown' : verdict,
    error,
    isTimeout: false,
    isCut,
    seen,
    isFinal,
    isAtLeast: isAtLeast || isResent === true,
  } as const
  return { attempted, answer: undefined, error }
}
