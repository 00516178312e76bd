import { KeyReusedError } from '../errors/key-reused-error.js'
import { originOf } from '../contract/origin-memory.js'
import type { Call } from './call.js'
import type { CallIdentity } from './launch.js'
import type { OperationSettings } from './operation-options.js'
import { reads } from './is-resendable.js'
import type { TrackedOperation } from './tracked-operation.js'

/** What the keys that callers gave were used for, so that none comes to name two writes. */
export interface UsedKeys {
  /** What is known of an earlier call that was the same write, `undefined` where it was not applied, or the key is forgotten. */
  recall(identity: CallIdentity): Pick<Call, 'firstSentMs' | 'landing'> | undefined
  /**
   * Refuses a key that an operation which has ended may have made known to the server.
   *
   * @throws {@link KeyReusedError} when it was for another method, URL or body of the same server.
   */
  check(identity: CallIdentity, operation: TrackedOperation, retry: () => Promise<Response>): void
  /** Notes what a key was used for, when its operation has ended. */
  note(identity: CallIdentity, operation: TrackedOperation): void
}

interface Use extends Pick<Call, 'firstSentMs' | 'landing'> {
  readonly target: string
  readonly payload: unknown
  readonly origin: string
  readonly atMs: number
}

/** How many keys are kept in mind, and bodies of how many bytes with them; of a longer one, the length is. */
const maxKeys = 500
const maxBytes = 8_192

function lengthOf(payload: unknown): number | undefined {
  if (typeof payload === 'string') return new TextEncoder().encode(payload).length
  const { byteLength, size } = (payload ?? { size: 0 }) as { byteLength?: number; size?: number }
  return byteLength ?? size
}

export function createUsedKeys({ clock, contract }: OperationSettings): UsedKeys {
  const uses = new Map<string, Use>()
  return {
    recall(identity) {
      const before = uses.get(nameOf(identity))
      const isSame =
        before?.target === identity.target &&
        clock.now() < before.atMs + contract.keyTtlMs &&
        identity.isSamePayload(before) !== false
      return isSame ? before : undefined
    },
    check(identity, operation, retry) {
      const before = uses.get(nameOf(identity))
      if (before === undefined) return
      const facts = operation.errorFacts()
      const isForgotten =
        clock.now() >= before.atMs + contract.keyTtlMs || before.origin !== originOf(facts.url)
      if (isForgotten || !isMeant(facts)) return
      if (before.target !== identity.target) throw new KeyReusedError({ ...facts, retry })
      // It may be the same write, with a time or another order of fields in its body.
      if (identity.isSamePayload(before) === false)
        throw new KeyReusedError({ ...facts, outcome: 'unknown', retry })
    },
    note(identity, operation) {
      const { target, payload } = identity
      const { outcome, url, ...facts } = operation.errorFacts()
      const { firstSentMs, landing } = operation
      const name = nameOf(identity)
      // What was not applied has left its key free. The last one noted stands last, and the first one is the first to go.
      uses.delete(name)
      if (outcome === 'not-applied' || !isMeant({ ...facts, url })) return
      const size = lengthOf(payload)
      const isLong = size === undefined || size > maxBytes
      uses.set(name, {
        target,
        payload: isLong ? { size } : payload,
        origin: originOf(url),
        atMs: clock.now(),
        firstSentMs,
        landing,
      })
      if (uses.size > maxKeys) uses.delete(uses.keys().next().value as string)
    },
  }

  function nameOf({ account, target }: CallIdentity): string {
    return contract.keyPerTarget ? `${account}\n${target}` : account
  }

  /** Whether the server heeds a key there. */
  function isMeant({ method, url }: { readonly method: string; readonly url: string }): boolean {
    return !reads.has(method) && contract.honoursKey({ method, url })
  }
}
