import { uuidv4, uuidv7obj } from 'uuidv7'

const octets = /* @__PURE__ */ Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** Writes a UUID as RFC 9562, section 4, does. By octets: digit by digit it would take longer than to make it. */
function write({ bytes }: { readonly bytes: Uint8Array }, dash: string): string {
  let text = ''
  for (let at = 0; at < 16; at += 1) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += dash
    text += octets[bytes[at] as number]
  }
  return text
}

/** Makes a new key: a UUIDv7, 36 characters, unique and ordered by the time it was made. */
export function generateKey(): string {
  return write(uuidv7obj(), '-')
}

/** Makes a new key of 32 lower-case hex digits: a UUIDv7 for servers that have no room for its dashes. */
export function generateHexKey(): string {
  return write(uuidv7obj(), '')
}

/** Makes a new key that is a random UUID (version 4), for servers that take no other. */
export function generateRandomKey(): string {
  return uuidv4()
}
