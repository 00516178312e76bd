/** One HTTP/1.1 message with the bytes that it came in. */
export interface HttpMessage {
  readonly startLine: string
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Decoded of its chunks. */
  readonly body: Buffer
  readonly raw: Buffer
  /** `false` where only the end of the connection ends the body. */
  readonly selfDelimiting: boolean
  /** The same bytes with another `Connection` header. */
  withConnection(value: 'close' | 'keep-alive'): Buffer
}

interface Head {
  readonly startLine: string
  readonly headers: Record<string, string>
  readonly length: number
}

/** Finds the messages in a stream of bytes: just enough HTTP/1.1 for request boundaries on kept connections. */
export class HttpMessageReader {
  readonly #kind: 'request' | 'response'
  readonly #bodyless: boolean
  #buffer: Buffer = Buffer.alloc(0)

  constructor(kind: 'request' | 'response', bodyless = false) {
    this.#kind = kind
    this.#bodyless = bodyless
  }

  /** Start line of a message that is not whole yet. */
  get pendingStartLine(): string | undefined {
    const end = this.#buffer.indexOf('\r\n')
    return end < 0 ? undefined : this.#buffer.toString('latin1', 0, end)
  }

  feed(chunk: Buffer): HttpMessage[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    const messages: HttpMessage[] = []
    for (let message = this.#take(false); message; message = this.#take(false)) messages.push(message)
    return messages
  }

  /** Call at the end of the connection: it ends a body that has no length. */
  finish(): HttpMessage[] {
    const message = this.#take(true)
    return message ? [message] : []
  }

  #take(ended: boolean): HttpMessage | undefined {
    const head = readHead(this.#buffer)
    if (!head) return undefined
    const rest = this.#buffer.subarray(head.length)
    const framing = this.#framing(head)
    let taken: { length: number; body: Buffer } | undefined
    if (framing === 'chunked') taken = readChunks(rest)
    else if (framing === 'until-close') taken = ended ? { length: rest.length, body: rest } : undefined
    else if (rest.length >= framing) taken = { length: framing, body: rest.subarray(0, framing) }
    if (!taken) return undefined

    const raw = this.#buffer.subarray(0, head.length + taken.length)
    this.#buffer = this.#buffer.subarray(raw.length)
    return {
      startLine: head.startLine,
      headers: head.headers,
      body: taken.body,
      raw,
      selfDelimiting: framing !== 'until-close',
      withConnection: (value) => {
        const lines = raw
          .toString('latin1', 0, head.length - 4)
          .split('\r\n')
          .filter((line) => !/^(connection|keep-alive):/i.test(line))
        const text = `${[...lines, `connection: ${value}`].join('\r\n')}\r\n\r\n`
        return Buffer.concat([Buffer.from(text, 'latin1'), raw.subarray(head.length)])
      },
    }
  }

  #framing({ startLine, headers }: Head): number | 'chunked' | 'until-close' {
    if (this.#bodyless || /^HTTP\/1\.\d (1\d\d|204|304)/.test(startLine)) return 0
    if (/chunked/i.test(headers['transfer-encoding'] ?? '')) return 'chunked'
    const length = headers['content-length']
    if (length !== undefined) return Number(length)
    return this.#kind === 'request' ? 0 : 'until-close'
  }
}

function readHead(buffer: Buffer): Head | undefined {
  const end = buffer.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [startLine = '', ...lines] = buffer.toString('latin1', 0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return { startLine, headers, length: end + 4 }
}

function readChunks(buffer: Buffer): { length: number; body: Buffer } | undefined {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = buffer.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(buffer.toString('latin1', at, lineEnd), 16)
    at = lineEnd + 2
    if (size === 0) {
      // Trailers, if any, then an empty line.
      const end = buffer.indexOf('\r\n', at) === at ? at : buffer.indexOf('\r\n\r\n', at) + 2
      if (end < at || buffer.length < end + 2) return undefined
      return { length: end + 2, body: Buffer.concat(parts) }
    }
    if (buffer.length < at + size + 2) return undefined
    parts.push(buffer.subarray(at, at + size))
    at += size + 2
  }
}
