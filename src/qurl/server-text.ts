import { isRecord } from './validate.js'

/** The longest text of the service that an error shows, in bytes. */
const maxTextBytes = 512
const maxFields = 100
const maxFieldBytes = 8192

/** Control characters, line and paragraph separators, and what turns the direction of text. */
const unsafe = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

const byteLength = (text: string): number => new TextEncoder().encode(text).byteLength

/** A text on one line, without control characters and not too long; `undefined` for none. What logs show must not mislead. */
export function boundText(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const line = value.replace(unsafe, ' ').trim()
  if (byteLength(line) <= maxTextBytes) return line === '' ? undefined : line
  let cut = line.slice(0, maxTextBytes)
  while (byteLength(cut) > maxTextBytes - 3) cut = cut.slice(0, -1)
  // Half of a surrogate pair is no character.
  return `${cut.replace(/[\ud800-\udbff]$/, '')}…`
}

/** A code or an id, which is compared and not read: kept as it is, or not at all. */
export function plainWord(value: unknown): string | undefined {
  return value !== '' && boundText(value) === value ? (value as string) : undefined
}

/** Field to complaint, as far as there is room. */
export function boundFields(value: unknown): Record<string, string> | undefined {
  if (!isRecord(value)) return undefined
  const fields: Record<string, string> = {}
  let left = maxFieldBytes
  for (const [name, complaint] of Object.entries(value).slice(0, maxFields)) {
    const field = boundText(name)
    const text = boundText(String(complaint)) ?? ''
    if (field === undefined) continue
    left -= byteLength(field) + byteLength(text)
    if (left < 0) break
    Object.defineProperty(fields, field, {
      value: text,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return fields
}
