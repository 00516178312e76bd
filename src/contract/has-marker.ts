import type { ReplayMarker } from './server-contract.js'

/** Whether an answer has a header with the value that marks it. */
export function hasMarker(headers: Headers, { header, value = 'true', anyValue }: ReplayMarker): boolean {
  const found = headers.get(header)
  return typeof found === 'string' && (anyValue === true || found.toLowerCase() === value.toLowerCase())
}
