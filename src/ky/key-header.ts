import { decodeHeader, encodeHeader, type KeyCarrier } from '../contract/carrier.js'

/** The key in the headers of a request, where the contract has it there. */
export function readKeyHeader(carrier: KeyCarrier, headers: Headers): string | undefined {
  const written = carrier.in === 'header' ? headers.get(carrier.name) : null
  return written === null || carrier.in !== 'header' ? undefined : decodeHeader(carrier, written)
}

/** Puts a key into the headers of a request. */
export function writeKeyHeader(carrier: KeyCarrier, headers: Headers, key: string): void {
  if (carrier.in === 'header') headers.set(carrier.name, encodeHeader(carrier, key))
}
