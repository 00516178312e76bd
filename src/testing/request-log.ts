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

const words: readonly unknown[] = [
  undefined,
  'pass',
  'refuse',
  'reset-before',
  'lose-answer',
  'cut-body',
  'hang',
]

/** @throws `TypeError` for a fault that does not exist, which would be a test that waits for ever. */
function checkFault<F>(fault: F): F {
  if (words.includes(fault) || 'instead' in Object(fault) || 'after' in Object(fault)) return fault
  throw new TypeError(
    `there is no fault "${String(fault)}": ${words.slice(1).join(', ')}, { instead } or { after }`,
  )
}

/** Keeps what arrives, in its order, and plays a script of faults. */
export function createRequestLog<F = Fault>(contract: Contract, script: FaultScript<F> = []): RequestLog<F> {
  const requests: SeenRequest[] = []
  const attempts = new Map<string, number>()
  const queue: F[] = typeof script === 'function' ? [] : script.map(checkFault)
  const choose = typeof script === 'function' ? script : () => undefined
  return {
    requests,
    note(request) {
      const key = readKey(contract, request)
      const attempt = key === undefined ? 1 : (attempts.get(key) ?? 0) + 1
      if (key !== undefined) attempts.set(key, attempt)
      const seen = { ...request, key, attempt }
      requests.push(seen)
      return { seen, fault: queue.shift() ?? checkFault(choose(seen) ?? 'pass') }
    },
    next: (...faults) => void queue.unshift(...faults.map(checkFault)),
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
