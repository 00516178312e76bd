import { DeadlineError } from '../errors/deadline-error.js'
import { KeyReusedError } from '../errors/key-reused-error.js'
import { rememberFacts } from '../operation/facts.js'
import type { OpenedOperation } from '../operation/operation-journal.js'
import type { Call } from './call.js'
import type { EndOptions } from './end-options.js'
import type { OperationSettings } from './operation-options.js'
import { RecoveryQueue } from './recovery-queue.js'
import { createRun, type Run } from './run.js'
import type { OperationRun } from './operation-run.js'
import { runAlone } from './run-alone.js'
import { runOperation } from './run-operation.js'
import {
  awaitEnd,
  giveResult,
  joinOperation,
  shareOperation,
  type SharedOperation,
} from './share-operation.js'
import { TrackedOperation } from './tracked-operation.js'
import { createUsedKeys } from './used-keys.js'
import type { AnswerKind, Transport } from './transport.js'

/** What two calls have to have in common in order to be one operation. */
export interface CallIdentity {
  /** Who would get whose answer: the key, and the headers, among them the credentials of an account. */
  readonly account: string
  /** The method and the whole URL. */
  readonly target: string
  /** Both. */
  readonly name: string
  /** Whether another call sends the same bytes, `undefined` where that cannot be seen. */
  readonly isSamePayload: (other: Pick<CallIdentity, 'payload'>) => boolean | undefined
  readonly payload: unknown
  /** What else its outcome depends on: options, callbacks, whatever is handed on to what sends. */
  readonly settings: readonly unknown[]
}

/** One call of a host. */
export interface OperationCall<Answer extends object> extends Omit<Call, 'opened'> {
  readonly signal: AbortSignal | undefined
  readonly callbacks: EndOptions<Answer>
  /** `undefined` for a call that shares its operation with no other. */
  readonly identity: CallIdentity | undefined
  /** Has a journal write the call down, before its key is taken. `undefined`, at once, when it is none of a journal's. */
  readonly openJournal?: (() => Promise<OpenedOperation> | undefined) | undefined
  /** How it is sent, once its operation is known; `opened` is what a journal knows of it. */
  readonly openTransport: (
    operation: TrackedOperation,
    opened: OpenedOperation | undefined,
  ) => Transport<Answer>
}

/** A call, with what a journal knows of it. */
interface OpenedCall<Answer extends object> extends OperationCall<Answer> {
  readonly opened?: OpenedOperation | undefined
}

/** Begins a call, or joins the one that is the same and on its way. */
export type Launch<Answer extends object> = (call: OperationCall<Answer>) => Promise<Answer>

interface InFlight<Answer> extends SharedOperation<Answer> {
  readonly identity: CallIdentity
}

function isSameCall(one: CallIdentity, other: CallIdentity): boolean | undefined {
  const areSame = one.settings.length === other.settings.length
  return areSame && one.settings.every((value, index) => Object.is(value, other.settings[index]))
    ? one.isSamePayload(other)
    : undefined
}

/** Makes the function by which all calls of one wrapper begin: those that are the same operation are sent once. */
export function createLaunch<Answer extends object>(
  settings: OperationSettings,
  kind: AnswerKind<Answer>,
): Launch<Answer> {
  const inFlight = new Map<string, InFlight<Answer>>()
  const recovery = new RecoveryQueue()
  const usedKeys = createUsedKeys(settings)

  function start(call: OpenedCall<Answer>, operation: TrackedOperation, run: Run): Promise<Answer> {
    const { callbacks, openTransport, opened } = call
    try {
      const transport = openTransport(operation, opened)
      const record = opened?.record
      return traced({ settings, operation, kind, transport, callbacks, recovery, record, run })
    } catch (error) {
      rememberFacts(error, operation.settle(), operation)
      return Promise.reject(error)
    }
  }

  function launch(call: OperationCall<Answer>): Promise<Answer> {
    try {
      const opening = call.openJournal?.()
      return opening === undefined ? begin(call) : opening.then((opened) => beginOpened(call, opened))
    } catch (error) {
      // Not `async`, which would add a promise and a turn to every call.
      return Promise.reject(error)
    }
  }

  /** Begins a call that a journal has written down. */
  async function beginOpened(call: OperationCall<Answer>, opened: OpenedOperation): Promise<Answer> {
    const { key, isGenerated, firstSentMs = call.firstSentMs, answer } = opened
    if (answer !== undefined && kind.fromRecord !== undefined) {
      const kept = kind.fromRecord(answer)
      rememberFacts(kept, { key, attempts: 0, replayed: true, ...answer.facts })
      return kept
    }
    try {
      return await begin({ ...call, givenKey: key, isGenerated, firstSentMs, opened })
    } finally {
      await opened.release()
    }
  }

  function begin(given: OpenedCall<Answer>): Promise<Answer> {
    const { identity, signal } = given
    const call = (identity && recall(given, identity)) ?? given
    const operation = new TrackedOperation(settings, call)
    // Without a signal nobody can leave early. One who can does not wait for what a journal has yet to write down.
    if (identity === undefined && signal === undefined) return start(call, operation, createRun())
    if (identity === undefined && signal !== undefined && call.opened === undefined)
      return runAlone(operation, kind, signal, (run) => start(call, operation, run))
    const other = identity && inFlight.get(identity.name)
    // Nobody joins an operation that its last reader has just ended.
    if (identity && other && !other.run.isStopped) return share(call, identity, operation, other)
    if (identity) usedKeys.check(identity, operation, () => relaunch(call))
    const own = shareOperation(operation, kind)
    const joined = joinOperation(own, signal)
    if (identity !== undefined) inFlight.set(identity.name, { ...own, identity })
    giveResult(own, start(call, operation, own.run), () => {
      if (identity && inFlight.get(identity.name)?.run === own.run) inFlight.delete(identity.name)
      if (identity) usedKeys.note(identity, operation)
    })
    return joined
  }

  /** The call, with what is known of an earlier one that was the same write. A journal, and the caller, know better. */
  function recall(call: OpenedCall<Answer>, identity: CallIdentity): OpenedCall<Answer> | undefined {
    const known = call.opened === undefined ? usedKeys.recall(identity) : undefined
    if (known === undefined) return undefined
    const { landing, firstSentMs } = known
    return call.firstSentMs === undefined
      ? { ...call, landing, firstSentMs, isFollowing: true }
      : { ...call, landing }
  }

  /** The errors are typed for responses, which is what the answers of every public host are. */
  function relaunch(call: OpenedCall<Answer>): Promise<Response> {
    return launch(call) as Promise<object> as Promise<Response>
  }

  /** @throws {@link KeyReusedError} when the other call has another payload. */
  function share(
    call: OpenedCall<Answer>,
    identity: CallIdentity,
    operation: TrackedOperation,
    other: InFlight<Answer>,
  ): Promise<Answer> {
    const { signal } = call
    const facts = operation.errorFacts()
    const retry = () => relaunch(call)
    if (identity.isSamePayload(other.identity) === false) throw new KeyReusedError({ ...facts, retry })
    const late = () => {
      const { attempts } = other.operation.facts()
      const isResendable = settings.contract.honoursKey(facts)
      return new DeadlineError({ ...facts, attempts, outcome: 'unknown', isResendable })
    }
    const limit = { leftMs: operation.leftMs(), late }
    if (isSameCall(identity, other.identity)) return joinOperation(other, signal, limit)
    // Under its key the write happens once, whether or not it is the same. The deadline goes on.
    return awaitEnd(other, signal, limit).then(() => {
      const { deadlineAtMs } = operation
      const { outcome } = other.operation.facts()
      const earlierMs = outcome === 'not-applied' ? undefined : other.operation.firstSentMs
      const firstSentMs = call.firstSentMs ?? earlierMs
      return begin({ ...call, deadlineAtMs, firstSentMs, isFollowing: outcome === 'applied' })
    })
  }
  return launch
}

/** Runs an operation and publishes it on the diagnostics channel. */
function traced<Answer extends object>(own: OperationRun<Answer>): Promise<Answer> {
  const { settings, operation } = own
  const channel = settings.tracing?.operation
  if (channel?.hasSubscribers !== true) return runOperation(own)
  const { attempt: _, ...context } = operation.attemptInfo()
  return channel.trace(context, () =>
    runOperation(own).finally(() => Object.assign(context, operation.facts())),
  )
}
