import { uuidv4, V7Generator } from 'uuidv7'

/** Random words, drawn many at a time, as Node draws those of its own UUIDs: a draw takes longer than all the rest of a key. */
function createRandomWords(): { nextUint32: () => number } {
  const words = new Uint32Array(64)
  let at = words.length
  return {
    nextUint32() {
      if (at === words.length) {
        // Not before the first key is made: Workers refuse to draw while a module loads.
        crypto.getRandomValues(words)
        at = 0
      }
      return words[at++] as number
    },
  }
}

const generator = /* @__PURE__ */ new V7Generator(/* @__PURE__ */ createRandomWords())

const octets = /* @__PURE__ */ Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

/** In hex digits, as UUIDs are written (RFC 9562, section 4). */
function write(bytes: Uint8Array, dash: string): string {
  let text = ''
  for (let at = 0; at < 16; at += 1) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += dash
    text += octets[bytes[at] as number]
  }
  return text
}

/** Makes a new key: a UUIDv7, 36 characters, unique and ordered by the time it was made. */
export function generateKey(): string {
  return write(generator.generate().bytes, '-')
}

/** Makes a new key of 32 lower-case hex digits: a UUIDv7 for servers that have no room for its dashes. */
export function generateHexKey(): string {
  return write(generator.generate().bytes, '')
}

/** Makes a new key that is a random UUID (version 4), for servers that take no other. */
export function generateRandomKey(): string {
  return uuidv4()
}
