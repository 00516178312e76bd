import { join, readStream } from './read-stream.js'
import {
  isBlob,
  isBytes,
  isKnownHere,
  isWebStream,
  viewBytes,
  webClass,
  type BlobShape,
} from './web-shapes.js'

/** What was written out, and the content type that tells where its parts end. */
export interface WrittenForm {
  readonly bytes: Uint8Array
  readonly type: string
}

/**
 * Writes a form out once: each writing has another boundary, so other bytes. The entries are those of this moment.
 * A form that this runtime's classes do not know, as one of a test environment, is written by hand.
 */
export async function writeForm(form: FormData): Promise<WrittenForm> {
  const entries = [...form.entries()]
  if (!canStream(entries) || !isKnownHere(form, multipart)) return writeByHand(entries)
  const written = new (webClass('Response'))(form)
  const type = written.headers.get('content-type') ?? ''
  return { bytes: viewBytes(await written.arrayBuffer()), type }
}

/** Node 20 takes the form of jsdom, and then waits for ever for its files, which have no `stream()`. */
function canStream(entries: Entries): boolean {
  return entries.every(([, value]) => !isBlob(value) || typeof (value as Partial<Blob>).stream === 'function')
}

type Entries = readonly (readonly [string, unknown])[]

const multipart = 'multipart/form-data'
const crlf = '\r\n'

/** @see {@link https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data | HTML, multipart form data} */
async function writeByHand(entries: Entries): Promise<WrittenForm> {
  const parts: Uint8Array[] = []
  const heads: Uint8Array[] = []
  for (const [name, value] of entries) {
    const isFile = isBlob(value)
    let head = `${crlf}content-disposition: form-data; name="${escape(lines(name))}"`
    if (isFile) {
      const { type, name: given } = value
      head += `; filename="${escape(typeof given === 'string' ? given : 'blob')}"`
      head += `${crlf}content-type: ${type || 'application/octet-stream'}`
    }
    heads.push(await encode(head + crlf + crlf))
    parts.push(isFile ? await readBlob(value) : await encode(lines(String(value))))
  }
  const boundary = await findBoundary([...heads, ...parts])
  const [open, end] = [await encode(`--${boundary}`), await encode(crlf)]
  const chunks = parts.flatMap((part, index) => [open, heads[index] as Uint8Array, part, end])
  chunks.push(await encode(`--${boundary}--${crlf}`))
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  return { bytes: join(chunks, length), type: `${multipart}; boundary=${boundary}` }
}

/** Jest's jsdom has no `TextEncoder`; what has forms has blobs. */
function encode(text: string): Promise<Uint8Array> {
  return readBlob(new Blob([text]))
}

/** A boundary that stands in no part. It is not random, so that the same form is the same bytes. */
async function findBoundary(parts: readonly Uint8Array[]): Promise<string> {
  for (let boundary = '----formdata'; ; boundary += '-0') {
    const word = await encode(boundary)
    const isIn = (part: Uint8Array) =>
      part.some((_, at) => word.every((byte, offset) => part[at + offset] === byte))
    if (!parts.some(isIn)) return boundary
  }
}

/** Line ends as HTML wants them in the names and the texts of a form. */
function lines(text: string): string {
  return text.replace(/\r\n?|\n/g, crlf)
}

function escape(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
}

/**
 * The bytes of a `Blob` of any class.
 *
 * @throws `TypeError` where it has no way to read it.
 */
export async function readBlob(blob: BlobShape): Promise<Uint8Array> {
  const { arrayBuffer, stream } = blob as Partial<Blob>
  if (typeof arrayBuffer === 'function') {
    const bytes: unknown = await arrayBuffer.call(blob)
    if (isBytes(bytes)) return viewBytes(bytes)
  }
  if (typeof stream === 'function') {
    const source: unknown = stream.call(blob)
    return readStream<Uint8Array>(source as ReadableStream<Uint8Array>, Infinity, (read) => {
      if (isWebStream(read)) throw new TypeError('a Blob in the body streams without end')
      return read
    })
  }
  const { FileReader } = globalThis as { FileReader?: typeof globalThis.FileReader }
  if (FileReader === undefined) throw new TypeError('the body holds a Blob that cannot be read')
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(viewBytes(reader.result as ArrayBuffer)))
    reader.addEventListener('error', () => reject(reader.error as Error))
    reader.readAsArrayBuffer(blob as Blob)
  })
}
