/** The longest body that is read, in bytes. The service's answers are far shorter. */
export const maxBodyBytes = 1_048_576

/** A body as text, or why it is refused. */
export type BodyText = { readonly text: string; readonly problem?: undefined } | { readonly problem: string }

const tooLong: BodyText = { problem: `the answer is longer than ${maxBodyBytes} bytes` }
const malformed: BodyText = { problem: 'the answer is not valid UTF-8' }
const noBytes: BodyText = { problem: 'the body of the response that fetch gave is not bytes' }
const noBody: BodyText = { problem: 'the response that fetch gave has no body that can be read' }

const decoder = new TextDecoder('utf-8', { fatal: true })
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * Reads a body to its end. A body over the limit is not read further, and let go of.
 *
 * @throws what the connection throws while the body arrives.
 */
export async function readBody(response: Response): Promise<BodyText> {
  const { body, headers, status } = response
  if (body === null || bodiless.has(status)) {
    letGo(response)
    return { text: '' }
  }
  if (typeof body?.getReader !== 'function') return readStandIn(response)
  if (body.locked) return noBody
  if (Number(headers.get('content-length')) > maxBodyBytes) {
    letGo(response)
    return tooLong
  }
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    // A body of strings is what a stand-in for fetch may give.
    const chunk = typeof value === 'string' ? new TextEncoder().encode(value) : value
    if (!(chunk?.byteLength >= 0)) return noBytes
    length += chunk.byteLength
    if (length > maxBodyBytes) {
      reader.cancel().catch(() => undefined)
      return tooLong
    }
    chunks.push(chunk)
  }
  return decode(chunks, length)
}

/** Lets go of a body that is not read, so that its connection is free. */
function letGo({ body }: Response): void {
  if (body && !body.locked) body.cancel().catch(() => undefined)
}

/** A stand-in for a response, as tests make them, may have no stream. */
async function readStandIn(response: Response): Promise<BodyText> {
  const { text, json } = response as Partial<Response>
  if (typeof text !== 'function' && typeof json !== 'function') return noBody
  let read = typeof text === 'function' ? await text.call(response) : ''
  // What tests make often has its content in `json()` alone, beside a `text()` that gives nothing.
  if (read === '' && typeof json === 'function') read = await readJson(response)
  if (typeof read !== 'string') return noBytes
  return read.length > maxBodyBytes ? tooLong : { text: read }
}

/** The text that `json()` stands for. One that throws a `SyntaxError` has read a body that is no JSON. */
async function readJson(response: Response): Promise<string> {
  try {
    return JSON.stringify(await response.json()) ?? ''
  } catch (error) {
    if ((error as Error | undefined)?.name !== 'SyntaxError') throw error
    return 'no JSON'
  }
}

function decode(chunks: readonly Uint8Array[], length: number): BodyText {
  try {
    return { text: decoder.decode(join(chunks, length)) }
  } catch {
    return malformed
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks
  if (first !== undefined && chunks.length === 1) return first
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}
