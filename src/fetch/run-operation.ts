import { isIdempotencyError } from '../errors/any-idempotency-error.js'
import { UnsendableError } from '../errors/unsendable-error.js'
import { conclude, type LastAttempt } from '../loop/conclude.js'
import { rememberFacts } from '../operation/facts.js'
import type { GuardedOperation } from '../loop/guard.js'
import type { StopReason } from '../retry/decide.js'
import type { CapturedRequest } from '../transport/capture-request.js'
import type { FetchSettings } from './fetch-options.js'
import { createHookedCall } from './hooked-call.js'
import { limitTime } from '../loop/limit-time.js'
import type { PreparedCall } from './prepare-call.js'
import { settleResponse } from '../transport/settled-response.js'
import { discard, sendAttempt, type AttemptResult } from '../transport/send-attempt.js'
import { limitAttempt, stoppable, stoppableWithin, type Run } from '../loop/run.js'
import { stampRequest, unstampRequest } from '../transport/stamp-request.js'

/** Before the first attempt: all that can happen to an operation then is that its deadline passes. */
const unsent: LastAttempt = {
  reading: { verdict: 'not-sent' },
  decision: { action: 'settle', why: 'deadline' },
  response: undefined,
  error: undefined,
}

/** Whether the body is gone once it was sent. */
function isUsedUp({ body, remake }: CapturedRequest): boolean {
  return body instanceof ReadableStream && remake === undefined
}

/** Goes on from an earlier `retry()`: only its error knows what may have been applied since. */
async function retryAfter(error: unknown): Promise<Response> {
  if (isIdempotencyError(error)) return error.retry()
  throw error
}

/** The request with a body that was not sent before. */
async function remade(request: CapturedRequest): Promise<CapturedRequest> {
  return request.remake === undefined ? request : { ...request, body: await request.remake() }
}

/**
 * The loop: attempt, read, wait, until the guard says that it is the end. `relaunch` sends the call again after that.
 *
 * @throws what {@link conclude} throws, the reason of the run's stop, what a hook throws, and {@link UnsendableError}
 * for a request that cannot take the key.
 */
export async function runOperation(
  settings: FetchSettings,
  operation: GuardedOperation,
  call: PreparedCall,
  run: Run,
  relaunch: (call: PreparedCall) => Promise<Response>,
): Promise<Response> {
  const { guard, hooks, ends } = settings
  const { clock } = guard
  const { carrier } = guard.contract
  const { key, companions } = operation
  let request = call.request
  const record = call.opened?.record
  const settled = (response?: Response, answer?: { readonly bytes: Uint8Array | undefined }) => {
    const { outcome, replayed } = operation.settle()
    const recorded = response && { status: response.status, headers: response.headers, bytes: answer?.bytes }
    return record?.({ type: 'settled', outcome, replayed, answer: recorded }).catch(() => undefined)
  }

  const stamp = () => {
    if (key === undefined || !operation.isKeyed()) return
    try {
      request = stampRequest(carrier, request, key, companions)
    } catch (cause) {
      throw new UnsendableError({ ...operation.errorFacts(), cause }, (cause as Error).message)
    }
  }
  /** What a callback has brought is read in its time, as an answer is. */
  const settle = async <Found>(found: Found) => {
    if (!(found instanceof Response) || found.bodyUsed) return found
    return (await settleResponse(found, settings.maxResponseBytes)).response
  }
  const end = (response: Response) => {
    rememberFacts(response, operation.settle())
    return response
  }
  try {
    stamp()
    const hooked = hooks && createHookedCall(hooks, request, operation)
    let isOver = false
    if (hooked !== undefined) {
      const begin = () => hooked.begin(request, call.isHooked === true)
      const begun = await stoppableWithin(run, operation.leftMs(), begin)
      if (begun instanceof Response) return end(begun)
      if (begun === 'deadline') isOver = true
      else request = begun
      stamp()
    }
    const fixed = request
    let retries = 0

    const prepareRetry = async (result: AttemptResult): Promise<StopReason | Response | undefined> => {
      retries += 1
      if (isUsedUp(request)) return 'body-used'
      request = await remade(request)
      if (key !== undefined && !operation.isKeyed())
        request = unstampRequest(carrier, request, call.request, companions)
      if (hooked === undefined) return undefined
      const prepared = await hooked.prepare(request, result, retries)
      if (prepared instanceof Response) return prepared
      if (typeof prepared === 'symbol') return 'final'
      request = prepared
      stamp()
      return undefined
    }

    let last = unsent
    let attempts = 0
    for (;;) {
      if (run.isStopped) throw run.reason
      if (record !== undefined && !isOver) await record({ type: 'attempt-starting', attempt: attempts + 1 })
      const timeoutMs = isOver ? 0 : operation.begin()
      if (timeoutMs <= 0) {
        last = { ...last, decision: unsent.decision }
        break
      }
      discard(last.response)
      const sent = request
      const result = await limitAttempt(run, timeoutMs, (signal) =>
        sendAttempt(settings, sent, signal, hooked?.inspect),
      )
      const { response, error } = result
      attempts += 1
      const { reading, decision } = operation.end(result.attempted)
      const { outcome } = operation.facts()
      if (record !== undefined)
        await record({ type: 'attempt-ended', attempt: attempts, verdict: reading.verdict, outcome }).catch(
          () => undefined,
        )
      if (response !== undefined && reading.verdict === 'done' && reading.outcome !== 'unknown') {
        const ended = end(response)
        await settled(response, 'lost' in result.attempted ? undefined : result.attempted)
        return ended
      }
      last = { reading, decision, response, error }
      if (decision.action === 'settle') break
      const { delayMs } = decision
      if (delayMs > 0) await stoppable(run, (signal) => clock.sleep(delayMs, signal))
      const why = await stoppableWithin(run, operation.leftMs(), () => prepareRetry(result))
      if (why instanceof Response) {
        if (why !== response) discard(response)
        return end(why)
      }
      if (why !== undefined) {
        last = { ...last, decision: { action: 'settle', why } }
        break
      }
    }
    const launch = async () => {
      const { firstSentMs, ...rest } = operation.resume()
      const options = { ...call.options, firstSentMs }
      const given = call.opened === undefined ? rest : { givenKey: undefined }
      return relaunch({ request: await remade(fixed), options, isHooked: !isOver, ...given })
    }
    let sentAgain: Promise<Response> | undefined
    const again = () => (sentAgain = sentAgain === undefined ? launch() : sentAgain.catch(retryAfter))
    const { resolve, reconcile } = { ...ends, ...call.options }
    const { attemptTimeoutMs } = operation.policy
    const limited = {
      resolve: limitTime(resolve, attemptTimeoutMs, settle),
      reconcile: limitTime(reconcile, attemptTimeoutMs, settle),
    }
    const response = await stoppable(run, (signal) =>
      conclude(operation, last, limited, isUsedUp(fixed) ? undefined : again, signal),
    )
    await settled(response)
    return response
  } catch (error) {
    rememberFacts(error, operation.settle(), operation)
    await settled()
    throw error
  }
}
