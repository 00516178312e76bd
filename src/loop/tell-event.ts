import type { EventListener, IdempotencyEvent } from './events.js'

/**
 * Tells a listener of an event. A listener that throws must not change what happens to a write, nor may one that returns a promise
 * that rejects.
 */
export function tellEvent(onEvent: EventListener, event: IdempotencyEvent): void {
  try {
    // Not listed when the event is printed: what a runtime says may quote a URL or a credential.
    if ('error' in event) Object.defineProperty(event, 'error', { enumerable: false })
    const returned: unknown = onEvent(event)
    ;(returned as Promise<unknown> | undefined)?.then?.(undefined, () => undefined)
  } catch {
    // As above.
  }
}
