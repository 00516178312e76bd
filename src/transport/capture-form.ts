import { readStream } from './read-stream.js'
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
 * `undefined` where the runtime cannot write one out, as in React Native.
 */
export async function writeForm(form: FormData): Promise<WrittenForm | undefined> {
  const entries = [...form.entries()]
  if (canStream(entries) && isKnownHere(form, multipart)) return writeOut(form)
  const native = await makeForm()
  if (native === undefined) return undefined
  await fill(native, entries)
  return writeOut(native)
}

/** Node 20 takes the form of jsdom, and then waits for ever for its files, which have no `stream()`. */
function canStream(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.every(([, value]) => !isBlob(value) || typeof (value as Partial<Blob>).stream === 'function')
}

const multipart = 'multipart/form-data'

async function writeOut(form: FormData): Promise<WrittenForm> {
  const written = new (webClass('Response'))(form)
  const type = written.headers.get('content-type') ?? ''
  return { bytes: viewBytes(await written.arrayBuffer()), type }
}

/** Test environments put a `FormData` of their own in place of the runtime's, which a response still gives. */
async function makeForm(): Promise<FormData | undefined> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  try {
    const form = await new (webClass('Response'))('', { headers }).formData()
    return isKnownHere(form, multipart) ? form : undefined
  } catch {
    return undefined
  }
}

async function fill(form: FormData, entries: readonly (readonly [string, unknown])[]): Promise<void> {
  for (const [name, value] of entries) {
    if (!isBlob(value)) {
      form.append(name, String(value))
      continue
    }
    const { type, name: given } = value
    const bytes = (await readBlob(value)) as Uint8Array<ArrayBuffer>
    const headers: Record<string, string> = type === '' ? {} : { 'content-type': type }
    const blob = await new (webClass('Response'))(bytes, { headers }).blob()
    form.append(name, blob, typeof given === 'string' ? given : 'blob')
  }
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
      if (isWebStream(read)) throw new TypeError('a Blob without end')
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
