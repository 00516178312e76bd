import { OversizedBody, type BodyLimits, type CapturedBody } from './captured-body.js'
import { findHeader } from './capture-headers.js'
import { readBlob, writeForm } from './capture-form.js'
import { readStream, type ReadResult } from './read-stream.js'
import {
  isBlob,
  isByteSource,
  isBytes,
  isForm,
  isKnownHere,
  isNativeBlob,
  isNativeStream,
  isPromise,
  isSearchParams,
  isStreamingForm,
  isWebStream,
  viewBytes,
  webClass,
  type ByteSource,
} from './web-shapes.js'

/**
 * The body in a form that stays as it is, with the content type that `fetch` would have given it. Something that is not known is
 * left as it is, to be sent once.
 *
 * @throws `TypeError` for a body that can never be meant, such as an object that `fetch` would send as `[object Object]`.
 */
export function captureBody(
  body: unknown,
  headers: Record<string, string>,
  limits: BodyLimits,
  signal: AbortSignal | undefined,
): CapturedBody | Promise<CapturedBody> {
  if (typeof body === 'string' || body === null || body === undefined) return body
  if (typeof body !== 'object') return String(body)
  if (isBytes(body)) return viewBytes(body).slice()
  const setType = (type: string) => {
    if (type !== '' && findHeader(headers, 'content-type') === undefined) headers['content-type'] = type
  }
  if (isSearchParams(body)) {
    setType('application/x-www-form-urlencoded;charset=UTF-8')
    return body.toString()
  }
  if (isForm(body))
    return writeForm(body).then(({ bytes, type }) => {
      setType(type)
      return bytes
    })
  if (isBlob(body)) {
    if (isNativeBlob(body) && isKnownHere(body, body.type)) return body as Blob
    setType(body.type)
    return readBlob(body)
  }
  if (isStreamingForm(body)) setType(`multipart/form-data; boundary=${body.getBoundary()}`)
  if (isByteSource(body)) return captureStream(body, limits, signal)
  const tag = Object.prototype.toString.call(body)
  if (tag === '[object String]') return `${body as unknown as string}`
  if (isPromise(body))
    throw new TypeError('the body is a promise: await it, or give a function that makes it')
  const prototype: unknown = Object.getPrototypeOf(body)
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null || Array.isArray(body)
  if (isPlain || wouldBeNamed(body))
    throw new TypeError(
      'the body is a plain object, a list or of an unknown class: write it out, such as with JSON.stringify()',
    )
  return body as CapturedBody
}

/** Whether fetch would send the name of an object's class. The `Blob` of React Native, which can be sliced, is known to its fetch. */
function wouldBeNamed(body: object): boolean {
  return String(body).startsWith('[object ') && !('slice' in body) && isKnownHere(body, 'text/plain')
}

function captureStream(
  source: ByteSource,
  limits: BodyLimits,
  signal: AbortSignal | undefined,
): Promise<CapturedBody> {
  const { maxRequestBytes, oversizedBody } = limits
  // `Response` refuses a stream that was read from before, which would otherwise be sent as if it were empty.
  const fresh = isNativeStream(source)
    ? (new (webClass('Response'))(source).body as ReadableStream<Uint8Array>)
    : source
  const use = async (read: ReadResult) => {
    if (isBytes(read)) return read
    if (oversizedBody === 'send-once') return checkStream(read)
    await read.cancel()
    throw new OversizedBody()
  }
  return readStream<CapturedBody>(fresh, maxRequestBytes, use, { signal })
}

/** @throws `TypeError` where streams cannot be sent: some browsers would send `[object ReadableStream]` in their place. */
async function checkStream(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const init = { method: 'POST', body: new (webClass('ReadableStream'))(), duplex: 'half' }
  if (!new (webClass('Request'))('http://a', init).headers.has('content-type')) return stream
  await stream.cancel()
  throw new TypeError('this runtime cannot send a body that streams')
}

/** A stream as it is sent. Not every `fetch` takes an iterable. */
export async function toSendable(source: ByteSource): Promise<CapturedBody> {
  if (isWebStream(source)) return checkStream(source)
  return readStream<CapturedBody>(source, -1, (read) => (isWebStream(read) ? checkStream(read) : read), {})
}
