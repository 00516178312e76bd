/** The first 32 bits of the fractional part of a root of each of the first primes (FIPS 180-4, sections 4.2.2 and 5.3.3). */
function rootsOfPrimes(count: number, root: (prime: number) => number): Uint32Array {
  const words = new Uint32Array(count)
  let found = 0
  for (let candidate = 2; found < count; candidate += 1) {
    let isPrime = true
    for (let factor = 2; factor * factor <= candidate; factor += 1)
      if (candidate % factor === 0) isPrime = false
    if (isPrime) words[found++] = (root(candidate) % 1) * 2 ** 32
  }
  return words
}

const rounds = /* @__PURE__ */ rootsOfPrimes(64, Math.cbrt)
const start = /* @__PURE__ */ rootsOfPrimes(8, Math.sqrt)

const turn = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits))

function mix(state: Uint32Array, w: Uint32Array): void {
  for (let at = 16; at < 64; at += 1) {
    const x = w[at - 15] as number
    const y = w[at - 2] as number
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)
    const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)
    w[at] = (w[at - 16] as number) + s0 + (w[at - 7] as number) + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let at = 0; at < 64; at += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const one = (h + s1 + ((e & f) ^ (~e & g)) + (rounds[at] as number) + (w[at] as number)) | 0
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const other = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + other) | 0
  }
  const next = [a, b, c, d, e, f, g, h]
  for (let at = 0; at < 8; at += 1) state[at] = (state[at] as number) + (next[at] as number)
}

/**
 * The SHA-256 digest, at once. `crypto.subtle` is asynchronous, and absent on pages that are not served over TLS.
 *
 * @see {@link https://doi.org/10.6028/NIST.FIPS.180-4 | FIPS 180-4}
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  const state = start.slice()
  const words = new Uint32Array(64)
  const tail = new Uint8Array(length % 64 < 56 ? 64 : 128)
  const whole = length - (length % 64)
  tail.set(bytes.subarray(whole))
  tail[length - whole] = 0x80
  const lengthField = new DataView(tail.buffer)
  lengthField.setUint32(tail.length - 8, Math.floor(length / 2 ** 29))
  lengthField.setUint32(tail.length - 4, length << 3)
  for (const [part, end] of [
    [bytes, whole],
    [tail, tail.length],
  ] as const) {
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength)
    for (let block = 0; block < end; block += 64) {
      for (let at = 0; at < 16; at += 1) words[at] = view.getUint32(block + at * 4)
      mix(state, words)
    }
  }
  const digest = new DataView(new ArrayBuffer(32))
  for (let at = 0; at < 8; at += 1) digest.setUint32(at * 4, state[at] as number)
  return new Uint8Array(digest.buffer)
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc2104 | RFC 2104} */
export function hmacSha256(secret: Uint8Array, bytes: Uint8Array): Uint8Array {
  const key = new Uint8Array(64)
  key.set(secret.length > 64 ? sha256(secret) : secret)
  const padded = (octet: number, rest: Uint8Array) => {
    const joined = new Uint8Array(64 + rest.length)
    for (let at = 0; at < 64; at += 1) joined[at] = (key[at] as number) ^ octet
    joined.set(rest, 64)
    return joined
  }
  return sha256(padded(0x5c, sha256(padded(0x36, bytes))))
}
