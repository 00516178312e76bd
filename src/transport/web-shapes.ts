/*
 * What a value of the web is, told by what it can do and by its brand, never by whose class made it: test environments,
 * polyfills, packages and other realms bring classes of their own.
 */

type Shape = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Shape {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** The brand of a class, such as `Response`, that its instances have in every realm. */
function brandOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1)
}

// Members are named where they are read: V8 is slow to look up what it does not know before.
const isFunction = (member: unknown) => typeof member === 'function'

/** Whether a value has to be awaited. zone.js, bluebird and other realms have promises that are no `Promise` of ours. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return isObject(value) && isFunction(value['then'])
}

/** Whether a value is bytes as they lie in memory. */
export function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || /^(?:Shared)?ArrayBuffer$/.test(brandOf(value))
}

/** The same memory as an array of bytes of this realm. */
export function viewBytes(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  // A view takes as long to make as the bytes of a short answer take to arrive.
  if (value.constructor === Uint8Array) return value as Uint8Array
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}

/** Whether a value can be read by `getReader()`. */
export function isWebStream(value: unknown): value is ReadableStream<Uint8Array> {
  return isObject(value) && isFunction(value['getReader']) && isFunction(value['cancel'])
}

/** A stream of Node, of any age: the oldest ones can only be listened to. */
export interface NodeStream {
  on(event: string, listener: (value?: unknown) => void): unknown
  pause(): unknown
  resume(): unknown
  pipe(target: unknown): unknown
  destroy?(error?: unknown): unknown
}

export function isNodeStream(value: unknown): value is NodeStream {
  return (
    isObject(value) &&
    isFunction(value['pipe']) &&
    isFunction(value['on']) &&
    isFunction(value['resume']) &&
    isFunction(value['pause'])
  )
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return isObject(value) && isFunction(value[Symbol.asyncIterator as unknown as string])
}

/** Whatever gives its bytes bit by bit. */
export type ByteSource = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | NodeStream

export function isByteSource(value: unknown): value is ByteSource {
  return typeof value === 'object' && (isWebStream(value) || isAsyncIterable(value) || isNodeStream(value))
}

/** A `Blob` or `File` of any class. */
export interface BlobShape {
  readonly size: number
  readonly type: string
  readonly name?: unknown
  readonly lastModified?: unknown
}

export function isBlob(value: unknown): value is BlobShape {
  return (
    isObject(value) &&
    typeof value['size'] === 'number' &&
    typeof value['type'] === 'string' &&
    (/^(?:Blob|File)$/.test(brandOf(value)) || (isFunction(value['slice']) && isFunction(value['stream'])))
  )
}

/** Whether a value is form data whose entries can be listed. */
export function isForm(value: unknown): value is FormData {
  if (!isObject(value) || !isFunction(value['append']) || !isFunction(value['getAll'])) return false
  // That of happy-dom has no brand. Search parameters have the same methods, and can be sorted.
  return isFunction(value['entries']) && (brandOf(value) === 'FormData' || !isFunction(value['sort']))
}

/** The form of the package `form-data`, which writes itself out as a stream of Node. */
export interface StreamingForm extends NodeStream {
  getBoundary(): string
}

export function isStreamingForm(value: unknown): value is StreamingForm {
  return isNodeStream(value) && isFunction((value as unknown as Shape)['getBoundary'])
}

export function isSearchParams(value: unknown): value is URLSearchParams {
  return isObject(value) && brandOf(value) === 'URLSearchParams'
}

export function isHeaders(value: unknown): value is Headers {
  return (
    isObject(value) && isFunction(value['get']) && isFunction(value['has']) && isFunction(value['forEach'])
  )
}

/** Whether a value is a request of any class, with its URL, its method and its headers. */
export function isRequest(value: unknown): value is Request {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Request).url === 'string' &&
    typeof (value as Request).method === 'string' &&
    isHeaders((value as Request).headers)
  )
}

/** Whether a value is a response of any class, with its status, its headers and a body that can be read. */
export function isResponse(value: unknown): value is Response {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Response).status === 'number' &&
    isHeaders((value as Response).headers) &&
    isFunction((value as Response).text)
  )
}

export function isAbortSignal(value: unknown): value is AbortSignal {
  return isObject(value) && typeof value['aborted'] === 'boolean' && isFunction(value['addEventListener'])
}

/** Whether an error is one with which a fetch reports a lost connection, of whichever realm. */
export function isTypeError(value: unknown): value is TypeError {
  try {
    return isObject(value) && brandOf(value) === 'Error' && isNamed(value, 'TypeError')
  } catch {
    // A proxy that was revoked, or whose traps throw.
    return false
  }
}

/** Whether a value has what an error is read by, of whichever realm. */
export function isError(value: unknown): value is Error {
  try {
    return isObject(value) && typeof value['name'] === 'string' && typeof value['message'] === 'string'
  } catch {
    return false
  }
}

export function isDate(value: unknown): value is Date {
  return brandOf(value) === 'Date'
}

function isNamed(value: object, name: string): boolean {
  for (let at: unknown = value; at !== null; at = Object.getPrototypeOf(at))
    if ((Object.getOwnPropertyDescriptor(at, 'constructor')?.value as Function | undefined)?.name === name)
      return true
  return false
}

/**
 * A class of the web, looked up when it is needed: at import it may not be there yet, and later it may be another.
 *
 * @throws `TypeError` that names the class, where the runtime has none.
 */
export function webClass<Name extends 'Response' | 'Request' | 'Headers' | 'FormData' | 'ReadableStream'>(
  name: Name,
): (typeof globalThis)[Name] {
  const found = globalThis[name] as (typeof globalThis)[Name] | undefined
  if (found === undefined)
    throw new TypeError(`this runtime has no ${name}: install one, such as that of undici`)
  return found
}

/** Whether the classes of this runtime know a body, which they would otherwise send as the text `[object …]`. */
export function isKnownHere(body: object, type: string): boolean {
  const sent = new (webClass('Response'))(body as BodyInit).headers.get('content-type') ?? ''
  return type === '' ? sent === '' : sent.toLowerCase().startsWith(type.toLowerCase())
}

/** Whether a value was made by a class of this realm. */
export function isOfClass(value: object, Class: Function): boolean {
  return value instanceof Class
}

/** Whether a stream is one that this runtime's own classes take. */
export function isNativeStream(value: unknown): value is ReadableStream<Uint8Array> {
  return typeof ReadableStream === 'function' && isWebStream(value) && isOfClass(value, ReadableStream)
}

/** Whether a `Blob` is of the class of this realm, and can be streamed: that of jsdom cannot, and a fetch waits for it for ever. */
export function isNativeBlob(value: object): boolean {
  return typeof Blob === 'function' && isOfClass(value, Blob) && 'stream' in value
}
