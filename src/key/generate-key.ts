import { V7Generator } from 'uuidv7'

/** Random words, drawn many at a time: a draw takes longer than all the rest of a key. */
const words = /* @__PURE__ */ new Uint32Array(64)
let used = 64
let freshAtMs = 0

const generator = /* @__PURE__ */ new V7Generator({
  nextUint32() {
    if (used === words.length) {
      // Not before the first key is made: Workers refuse to draw while a module loads.
      crypto.getRandomValues(words)
      used = 0
    }
    return words[used++] as number
  },
})

function generate(): Uint8Array {
  const nowMs = Date.now()
  // Processes that were started from one snapshot must not go on with the words that are in it.
  if (Math.abs(nowMs - freshAtMs) > 1000) {
    used = words.length
    freshAtMs = nowMs
  }
  return generator.generateOrResetWithTs(nowMs).bytes
}

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
  return write(generate(), '-')
}

/** Makes a new key of 32 lower-case hex digits: a UUIDv7 for servers that have no room for its dashes. */
export function generateHexKey(): string {
  return write(generate(), '')
}

/** Makes a new key that is a random UUID (version 4), for servers that take no other. */
export function generateRandomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return write(bytes, '-')
}
