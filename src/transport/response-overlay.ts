import { factsTag, type Tagged } from '../operation/facts.js'
import { basePrototypeOf } from './response-class.js'
import { rebuild } from './rebuild-response.js'

type Facts = Tagged[typeof factsTag]

/** The body that an overlaid response gives in place of its own. */
interface Content {
  /** `undefined` where the body streams. */
  bytes: Uint8Array | undefined
  /** Makes the body in the form in which the class of the response takes one. */
  makeBody: () => unknown
  isUsed: boolean
  /** A response that holds the body, once somebody has asked for more than the bytes. */
  native: Response | undefined
  facts: Facts
}

const state = Symbol('body')

interface Overlaid extends Response {
  [state]: Content
}

/** The bytes, once. None when somebody has touched the native body: then both must agree on whether it is used. */
function take(response: Overlaid): Uint8Array | undefined {
  const content = response[state]
  if (content.isUsed || content.native !== undefined || content.bytes === undefined) return undefined
  content.isUsed = true
  return content.bytes
}

function nativeOf(response: Overlaid): Response {
  const content = response[state]
  if (content.native === undefined) {
    content.native = rebuild(asMade(response), content.makeBody())
    if (content.isUsed) void content.native.arrayBuffer()
  }
  return content.native
}

const facets = ['status', 'ok', 'statusText', 'url', 'redirected', 'type', 'headers'] as const

/** An overlaid response without its overlay. */
function asMade(response: Overlaid): Response {
  const overlaid: object = Object.getPrototypeOf(response) as object
  const values = facets.map((name) => [name, { value: response[name] }])
  return Object.create(Object.getPrototypeOf(overlaid) as object, Object.fromEntries(values)) as Response
}

/**
 * Members that stand before those of a response's class. A class that is plain JavaScript reaches its body through these alone,
 * so that giving them to the original is as good as making a new one, and several times faster; the class stays what it is.
 */
const createMembers = (decoder: TextDecoder) => ({
  get [factsTag](): Facts {
    return (this as unknown as Overlaid)[state].facts
  },
  set [factsTag](facts: Facts) {
    ;(this as unknown as Overlaid)[state].facts = facts
  },
  get bodyUsed(): boolean {
    const { isUsed, native } = (this as unknown as Overlaid)[state]
    return isUsed || native?.bodyUsed === true
  },
  get body(): Response['body'] {
    return nativeOf(this as unknown as Overlaid).body
  },
  async text(this: Overlaid): Promise<string> {
    const bytes = take(this)
    return bytes === undefined ? nativeOf(this).text() : decoder.decode(bytes)
  },
  async json(this: Overlaid): Promise<unknown> {
    const bytes = take(this)
    return bytes === undefined ? nativeOf(this).json() : JSON.parse(decoder.decode(bytes))
  },
  async arrayBuffer(this: Overlaid): Promise<ArrayBuffer> {
    const bytes = take(this)
    // Not `slice()`: that of a `Buffer` is no copy.
    return bytes === undefined ? nativeOf(this).arrayBuffer() : new Uint8Array(bytes).buffer
  },
  async bytes(this: Overlaid): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer())
  },
  async blob(this: Overlaid): Promise<Blob> {
    return nativeOf(this).blob()
  },
  async formData(this: Overlaid): Promise<FormData> {
    return nativeOf(this).formData()
  },
  clone(this: Overlaid): Response {
    const { bytes, makeBody, native } = this[state]
    if (this.bodyUsed || native?.body?.locked)
      throw new TypeError('Response.clone: Body has already been consumed.')
    const copy = bytes === undefined ? nativeOf(this).clone() : rebuild(asMade(this), makeBody())
    const facts = { get: () => this[state].facts, configurable: true }
    return Object.defineProperty(copy, factsTag, facts)
  },
})

const names = ['body', 'bodyUsed', 'text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData', 'clone']

/** The overlay of each prototype; `null` where there can be none. */
const overlays = new WeakMap<object, object | null>()

/** Where responses are handed back to native code (service workers, other runtimes), only a native body will do. */
function makeOverlay(response: Response, prototype: object): object | null {
  const base = basePrototypeOf(response) as { constructor?: unknown }
  if ('Deno' in globalThis || /\[native code\]/.test(Function.prototype.toString.call(base.constructor)))
    return null
  // A class that has its own way to read a body would lose it.
  for (let at = prototype; at !== base; at = Object.getPrototypeOf(at) as object)
    if (names.some((name) => Object.hasOwn(at, name))) return null
  // One decoder for all bodies, as it is slow to make.
  const own = Object.getOwnPropertyDescriptors(createMembers(new TextDecoder()))
  for (const descriptor of Object.values(own)) descriptor.enumerable = false
  if (!('bytes' in prototype)) delete (own as Partial<typeof own>).bytes
  return Object.create(prototype, own) as object
}

function overlayFor(response: Response): object | null {
  const prototype: object | null = Object.getPrototypeOf(response) as object | null
  if (prototype === null || prototype === Object.prototype || !Object.isExtensible(response)) return null
  const own = Object.getOwnPropertyNames(response)
  if (own.length > 0 && names.some((name) => own.includes(name))) return null
  let overlay = overlays.get(prototype)
  if (overlay === undefined) {
    overlay = makeOverlay(response, prototype)
    overlays.set(prototype, overlay)
  }
  return overlay
}

/** The bytes of a response that was read to its end, `undefined` for any other. */
export function settledBytes(response: Response): Uint8Array | undefined {
  return (response as Partial<Overlaid>)[state]?.bytes
}

/** Notes that the body of a response is here, where it is left to the response itself. */
export function markSettled(response: Response, bytes: Uint8Array | undefined): void {
  Reflect.defineProperty(response, state, { value: { bytes } })
}

/** The same response with another body: bytes, or a stream that `makeBody` gives once. */
export function overlay(
  original: Response,
  bytes: Uint8Array | undefined,
  makeBody: () => unknown,
): Response {
  const known = (original as Partial<Overlaid>)[state]
  // A response that was read already, and whose body is watched now.
  if (known?.makeBody !== undefined) {
    Object.assign(known, { bytes, makeBody, isUsed: false, native: undefined })
    return original
  }
  const found = overlayFor(original)
  if (found === null) {
    const rebuilt = rebuild(original, makeBody())
    markSettled(rebuilt, bytes)
    return rebuilt
  }
  const content: Content = { bytes, makeBody, isUsed: false, native: undefined, facts: undefined }
  // In this order: V8 is slow to add to an object that has got another prototype.
  ;(original as Overlaid)[state] = content
  return Object.setPrototypeOf(original, found) as Response
}
