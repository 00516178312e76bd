import { isBlob, isBytes } from './web-shapes.js'

/**
 * A body that can be sent any number of times (text, bytes, a `Blob`), or once: a stream, or something that only the wrapped
 * fetch knows, which is handed to it as it is.
 */
export type CapturedBody = string | Uint8Array | Blob | ReadableStream<Uint8Array> | null | undefined

/** Whether a body is gone, or may be, once it was sent. */
export function isSentOnce(body: CapturedBody): body is ReadableStream<Uint8Array> {
  return typeof body === 'object' && body !== null && !isBytes(body) && !isBlob(body)
}

/** How much of a streaming body is kept, and what to do with a longer one. */
export interface BodyLimits {
  readonly maxRequestBytes: number
  readonly oversizedBody: 'refuse' | 'send-once'
}

/** Thrown inside the host, which knows the operation that the error has to name. */
export class OversizedBody extends Error {}
