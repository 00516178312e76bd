import type { CapturedBody } from './captured-body.js'
import { isBytes, viewBytes } from './web-shapes.js'

function bytesOf(body: CapturedBody): Uint8Array | undefined {
  if (isBytes(body)) return viewBytes(body)
  return typeof body === 'string' || !body ? new TextEncoder().encode(body ?? '') : undefined
}

/** Whether two bodies are the same bytes, `undefined` where that cannot be seen without reading them. */
export function isSamePayload(one: CapturedBody, other: CapturedBody): boolean | undefined {
  if (one === other) return true
  const bytes = bytesOf(one)
  const otherBytes = bytesOf(other)
  const size = bytes?.length ?? (one as Partial<Blob>).size
  const otherSize = otherBytes?.length ?? (other as Partial<Blob>).size
  if (size === undefined || otherSize === undefined) return undefined
  if (size !== otherSize) return false
  return size === 0 || (bytes && otherBytes && bytes.every((byte, index) => byte === otherBytes[index]))
}
