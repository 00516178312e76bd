import { readKeyScope } from '../contract/key-scope.js'
import type { Contract } from '../contract/server-contract.js'
import type { AttemptResult } from '../transport/attempted.js'
import { findHeader } from '../transport/capture-headers.js'
import type { CapturedRequest } from '../transport/capture-request.js'
import type { TrackedOperation } from './tracked-operation.js'

/** What is brought by an attempt that must not be sent, `undefined` where it may be. */
export type ScopeGuard = (
  request: Pick<CapturedRequest, 'headers'>,
) => Promise<AttemptResult<never>> | undefined

/**
 * Looks at each request of an operation before it is sent: once an attempt may have been executed, one whose headers the server
 * takes for part of another key would be another write. `undefined` under a contract that names no such headers.
 */
export function createScopeGuard(
  { keyScope }: Pick<Contract, 'keyScope'>,
  operation: TrackedOperation,
): ScopeGuard | undefined {
  if (keyScope.length === 0) return undefined
  let sent: string | undefined
  return ({ headers }) => {
    const scope = readKeyScope({ keyScope }, (name) => headers[findHeader(headers, name) ?? ''])
    if (sent === undefined || scope === sent || !operation.mayHaveRun || !operation.isKeyed()) {
      sent = scope
      return undefined
    }
    const error = new TypeError(`a header of the contract's keyScope has changed: ${keyScope.join(', ')}`)
    const attempted = { lost: 'unsendable', error, isTimeout: false, stop: 'key-scope' } as const
    return Promise.resolve({ attempted, answer: undefined, error: undefined })
  }
}
