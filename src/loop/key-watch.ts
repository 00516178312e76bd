import { findKeyEvidence, type SeenAnswer } from '../contract/key-evidence.js'
import type { Verdict } from '../contract/verdict.js'
import type { Attempted } from '../transport/attempted.js'
import type { EventDetail } from './events.js'
import type { OperationSettings } from './operation-options.js'

/** Looks, over the attempts of one keyed operation, whether its server heeds the key. */
export class KeyWatch {
  readonly #settings: Pick<OperationSettings, 'contract' | 'origins'>
  readonly #url: string
  /** Attempts that may have been executed, and the answers to them that were cut. */
  #executions = 0
  #seen: readonly SeenAnswer[] | undefined

  constructor(settings: Pick<OperationSettings, 'contract' | 'origins'>, url: string) {
    this.#settings = settings
    this.#url = url
  }

  /** Whether the server was found to ignore keys, by this operation or by another one. */
  isIgnored(): boolean {
    return this.#settings.origins.findIgnored(this.#url) !== undefined
  }

  /** Whether the write may have been applied twice. */
  mayHaveRunTwice(): boolean {
    return this.#executions > 1 && this.isIgnored()
  }

  /**
   * Takes in an attempt that was, or may have been, executed, or answered by a replay. `key` is the one that it carried.
   *
   * @returns the event to tell when it shows that the server ignores keys.
   */
  look(
    attempted: Attempted,
    verdict: Verdict,
    isReplayed: boolean,
    key: string | undefined,
  ): EventDetail | undefined {
    const { origins, contract } = this.#settings
    const url = this.#url
    if (verdict === 'done' && isReplayed) {
      origins.noteMarker(url)
      return undefined
    }
    this.#executions += 1
    if ('lost' in attempted) {
      if (attempted.seen !== undefined) this.#seen = [...(this.#seen ?? []), attempted.seen]
      return undefined
    }
    if (verdict !== 'done' || this.#executions === 1 || key === undefined) return undefined
    const evidence = findKeyEvidence({
      earlier: (attempted.redirected !== true && this.#seen) || [],
      answer: attempted,
      replayed: false,
      marksReplays: origins.marksReplays(url),
      mayDiffer: contract.replayMayDiffer,
    })
    if (evidence !== undefined)
      return { type: 'key-ignored', evidence, doubtful: origins.noteIgnored(url, evidence) }
    origins.noteResent(url, key)
    return undefined
  }
}
