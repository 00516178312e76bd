import { monotonicNow, type Clock } from '../clock/clock.js'

/** Between the first two probes, in milliseconds; the distance grows up to the second number while probes fail. */
const firstIntervalMs = 250
const maxIntervalMs = 5_000
const growth = 1.5

/** How many of those that wait go on for each success: the load doubles from one round trip to the next. */
const releasedPerSuccess = 2

interface Waiter {
  /** Begins to wait for the next probe: this waiter is now the first. */
  readonly lead: () => void
  readonly release: () => void
}

/**
 * Operations whose budget is empty, in the order in which they came. The first one probes the server from time to time; when
 * a probe, or anything else, succeeds, the others go on, two for each success.
 */
export class RecoveryQueue {
  readonly #waiters = new Set<Waiter>()
  #intervalMs = firstIntervalMs
  #probeAtMs = -Infinity

  /**
   * Waits for this operation's turn.
   *
   * @throws the signal's reason as soon as it aborts.
   */
  wait(clock: Clock, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const controller = new AbortController()
      const leave = () => {
        signal.removeEventListener('abort', abort)
        const [head] = this.#waiters
        this.#waiters.delete(waiter)
        if (head === waiter) this.#next()?.lead()
        controller.abort()
      }
      const abort = () => {
        leave()
        reject(signal.reason)
      }
      const waiter: Waiter = {
        lead: () => {
          const nowMs = monotonicNow(clock)
          const waitMs = Math.max(0, this.#probeAtMs - nowMs)
          clock.sleep(waitMs, controller.signal).then(
            () => {
              this.#probeAtMs = monotonicNow(clock) + this.#intervalMs
              this.#intervalMs = Math.min(maxIntervalMs, this.#intervalMs * growth)
              waiter.release()
            },
            () => undefined,
          )
        },
        release: () => {
          leave()
          resolve()
        },
      }
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener('abort', abort)
      this.#waiters.add(waiter)
      if (this.#waiters.size === 1) waiter.lead()
    })
  }

  /** The server has done something: it is back. */
  succeed(): void {
    this.#intervalMs = firstIntervalMs
    for (let count = 0; count < releasedPerSuccess; count += 1) this.#next()?.release()
  }

  #next(): Waiter | undefined {
    const [head] = this.#waiters
    return head
  }
}
