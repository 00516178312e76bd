import type { OperationJournal } from '../operation/operation-journal.js'
import { isRead, shownUrl } from './kept-request.js'
import { openStep } from './open-step.js'
import { rememberValue } from './remember-value.js'
import type { StoredRun } from './run-turn.js'

/** Sends a call of a run. */
type Send = (input: string | URL | Request, init?: object) => Promise<Response>

/** A job that may run again. Give it to a call as `idempotency: { journal: run }` where it is not ambient. */
export interface Run extends OperationJournal {
  /** The id of the run. */
  readonly id: string
  /**
   * The `fetch` of the run's options, for calls that belong to the run wherever they are made from.
   *
   * @throws `TypeError` when the options have none.
   */
  readonly fetch: Send
  /**
   * Remembers a value: what `make` gave the first time is what every later run gets. For times, random numbers and what is read
   * from elsewhere, so that each run sends the same. The value has to be JSON.
   */
  readonly remember: <T>(name: string, make: () => T | Promise<T>) => Promise<T>
}

/** What the user gets of a run over a store. `openOwn` opens operations that have ids of their own, as outside of the run. */
export function createStoredRun(stored: StoredRun, send: Send, openOwn: OperationJournal['open']): Run {
  const { id, history } = stored
  return {
    id,
    fetch: send,
    remember: (name, make) => rememberValue(stored, name, make),
    open(call) {
      if (call.operationId !== undefined) return openOwn(call)
      const { method, url, step } = call
      if (step === undefined && isRead(method)) return undefined
      return openStep(stored, call, step ?? history.countedName(method, shownUrl(url)))
    },
  }
}
