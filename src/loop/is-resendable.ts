import type { Call } from './call.js'
import type { OperationSettings } from './operation-options.js'

/** The methods that write nothing. */
export const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY'])

/** Whether a lost answer of a call may be answered with a resend. */
export function isResendable(
  { contract, methods, writes }: OperationSettings,
  call: Pick<Call, 'method' | 'conditional' | 'writes' | 'callbacks'>,
  url: string,
  hasKey: boolean,
): boolean {
  const { method, conditional, writes: allowed = writes } = call
  if (reads.has(method) || allowed === 'always') return true
  if (allowed === 'never') return false
  if (method === 'DELETE' || conditional) return true
  // A key of the caller's goes out with any method; the contract says with which it is honoured.
  const isKnown = contract.methods.includes(method) || methods.includes(method)
  const canLook = !contract.lookBeforeResend || call.callbacks?.reconcile !== undefined
  return hasKey && isKnown && canLook && contract.honoursKey({ method, url })
}
