import { startTimer } from '../clock/start-timer.js'
import { isSuccess, leftOf, type Exchange, type Received } from './exchange.js'
import { isCutJson, parseJson } from './json.js'
import { readBody } from './read-body.js'
import { describeShape } from './validate.js'

/** A lost answer, in the shape in which every runtime's `fetch` reports one. */
const isTypeError = (error: unknown): boolean => (error as Error | undefined)?.name === 'TypeError'
const lost = (cause: unknown): TypeError => new TypeError('fetch failed', { cause })

/**
 * Sends one attempt and reads its answer to the end, within the attempt's time. An answer that is an error keeps its status
 * when its body cannot be read: the status is what was asked for.
 *
 * @throws the signal's reason when it aborts, and a `TypeError` when no whole answer arrives in time.
 */
export function receive(
  send: typeof fetch,
  exchange: Exchange,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    const timer = startTimer(expire, Math.min(exchange.timeoutMs, leftOf(exchange)))
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    else run().then(end(resolve), end(reject))

    function end<T>(settle: (value: T) => void): (value: T) => void {
      return (value) => {
        release()
        settle(value)
      }
    }

    function release(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }

    function stop(): void {
      controller.abort(signal?.reason)
      reject(signal?.reason)
      release()
    }

    function expire(): void {
      const { head } = exchange
      const reason = new DOMException('no whole answer arrived in time', 'TimeoutError')
      controller.abort(reason)
      if (head === undefined || isSuccess(head.status) || exchange.needsErrorBody) reject(lost(reason))
      else resolve({ ...head, text: '', cause: reason })
    }

    async function run(): Promise<Received> {
      const { url, method, body } = exchange
      const response = await call(send, url, {
        method,
        headers: headers as Record<string, string>,
        ...(body === undefined ? {} : { body }),
        signal: controller.signal,
        redirect: 'manual',
      })
      const shape = findShapeProblem(response)
      if (shape !== undefined)
        return { status: 0, statusText: '', headers: new Headers(), text: '', problem: shape }
      const head = headOf(response, url)
      exchange.head = head
      return isSuccess(head.status)
        ? readSuccess(response, head)
        : readError(response, head, exchange.needsErrorBody)
    }
  })
}

/** Without a length, a closed connection and a lost one look the same to the runtime. */
const broken = (): TypeError => lost(new Error('the JSON of the answer breaks off'))

type Head = Pick<Received, 'status' | 'statusText' | 'headers'>

/** A `fetch` rejects with a `TypeError`; anything else that a stand-in for it throws means the same. */
async function call(send: typeof fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await send(url, init)
  } catch (error) {
    const { name } = Object(error) as Partial<Error>
    // The facts of the call are put on the error, so one that nothing can be put on is wrapped.
    const isKept = name === 'TypeError' && Object.isExtensible(error)
    throw isKept || name === 'AbortError' || name === 'TimeoutError' ? error : lost(error)
  }
}

/** Says why what a stand-in for `fetch` gave is no response, or nothing. Sent again, the request would end the same way. */
function findShapeProblem(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null)
    return `fetch gave no response (got ${describeShape(response)})`
  const { type, status = 0, headers } = response as Partial<Response>
  if (type === 'opaqueredirect') return undefined
  if (!(status >= 200 && status <= 599)) return 'the response that fetch gave has no HTTP status'
  return headers == null || typeof headers.get === 'function'
    ? undefined
    : 'the response that fetch gave has no headers.get()'
}

function headOf({ type, redirected, status, statusText, headers, url }: Response, asked: string): Head {
  // A browser hides where a redirect leads. A `fetch` that followed it brings the answer of another place.
  return type === 'opaqueredirect' || redirected === true || isElsewhere(url, asked)
    ? { status: 302, statusText: 'Found', headers: new Headers() }
    : { status, statusText, headers: headers ?? new Headers() }
}

/** Whether a response names another URL than the one that was asked; one that was made by hand names none. */
function isElsewhere(url: string | undefined, asked: string): boolean {
  if (!url || url === asked) return false
  try {
    return new URL(url).href !== new URL(asked).href
  } catch {
    return true
  }
}

async function readSuccess(response: Response, head: Head): Promise<Received> {
  const read = await readBody(response).catch((error: unknown) => {
    throw isTypeError(error) ? error : lost(error)
  })
  if (read.problem !== undefined) return { ...head, text: '', problem: read.problem }
  const { text } = read
  const json = text === '' ? undefined : parseJson(text)
  if (json === undefined && isCutJson(text)) throw broken()
  return { ...head, text, json }
}

async function readError(response: Response, head: Head, isNeeded: boolean): Promise<Received> {
  try {
    const read = await readBody(response)
    const text = 'text' in read ? read.text : ''
    if (isNeeded && isCutJson(text) && parseJson(text) === undefined) throw broken()
    return { ...head, text }
  } catch (cause) {
    if (isNeeded) throw isTypeError(cause) ? cause : lost(cause)
    return { ...head, text: '', cause }
  }
}
