import { decodeHeader } from '../contract/carrier.js'
import type { Contract } from '../contract/server-contract.js'
import type { Fault, FaultScript, SeenRequest } from './fault.js'

/** What arrives, and what happens to it. */
export interface RequestLog<F> {
  readonly requests: readonly SeenRequest[]
  /** Notes a request and gives its fault. */
  note(request: Omit<SeenRequest, 'key' | 'attempt'>): {
    readonly seen: SeenRequest
    readonly fault: F | 'pass'
  }
  /** Puts faults before those of the script, one for each of the next requests. */
  next(...faults: readonly F[]): void
}

/** Keeps what arrives, in its order, and plays a script of faults. */
export function createRequestLog<F = Fault>(contract: Contract, script: FaultScript<F> = []): RequestLog<F> {
  const requests: SeenRequest[] = []
  const attempts = new Map<string, number>()
  const queue: F[] = typeof script === 'function' ? [] : [...script]
  const choose = typeof script === 'function' ? script : () => undefined
  return {
    requests,
    note(request) {
      const key = readKey(contract, request)
      const attempt = key === undefined ? 1 : (attempts.get(key) ?? 0) + 1
      if (key !== undefined) attempts.set(key, attempt)
      const seen = { ...request, key, attempt }
      requests.push(seen)
      return { seen, fault: queue.shift() ?? choose(seen) ?? 'pass' }
    },
    next: (...faults) => void queue.unshift(...faults),
  }
}

/** The key of a request, as a server under this contract reads it. */
function readKey(
  { carrier }: Contract,
  { url, headers, body }: Pick<SeenRequest, 'url' | 'headers' | 'body'>,
): string | undefined {
  if (carrier.in === 'query') return carrier.read(carrier.name, url)
  if (carrier.in === 'body') {
    const found = carrier.read(carrier.path, body)
    return typeof found === 'string' ? found : undefined
  }
  const written = headers.get(carrier.name)
  return written === null ? undefined : decodeHeader(carrier, written)
}
