import type { CapturedBody } from './capture-request.js'

const encoder = new TextEncoder()

function bytesOf(body: CapturedBody): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body
  return typeof body === 'string' || !body ? encoder.encode(body ?? '') : undefined
}

/** Whether two bodies are the same bytes, `undefined` where that cannot be seen without reading them. */
export function isSamePayload(one: CapturedBody, other: CapturedBody): boolean | undefined {
  if (one === other) return true
  const bytes = bytesOf(one)
  const otherBytes = bytesOf(other)
  const size = bytes?.length ?? (one as Blob).size
  const otherSize = otherBytes?.length ?? (other as Blob).size
  if (size === undefined || otherSize === undefined) return undefined
  if (size !== otherSize) return false
  return size === 0 || (bytes && otherBytes && bytes.every((byte, index) => byte === otherBytes[index]))
}
