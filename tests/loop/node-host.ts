import { request as requestHttp, type IncomingHttpHeaders } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { EndOptions } from '../../src/loop/end-options.js'
import { copyOperationOptions, type OperationOptions } from '../../src/loop/operation-options.js'
import { createLaunch, type OperationCall } from '../../src/loop/launch.js'
import type { AttemptHeaders, AnswerKind } from '../../src/loop/transport.js'
import type { TrackedOperation } from '../../src/loop/tracked-operation.js'
import { isConditional } from '../../src/operation/is-conditional.js'
import type { RetryOptions } from '../../src/retry/retry-policy.js'
import type { AttemptResult } from '../../src/transport/attempted.js'
import { readFailure } from '../../src/transport/transport-failure.js'

/** An answer of `node:http`, read to its end. */
export class NodeAnswer {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly body: Buffer,
  ) {}

  get isOk(): boolean {
    return this.status >= 200 && this.status < 300
  }
}

export interface NodeCall extends Pick<OperationCall<NodeAnswer>, 'writes' | 'firstSentMs' | 'isGenerated'> {
  readonly method: string
  readonly body?: string
  readonly key?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** What the loop has to know of such answers: nothing of them streams, and all callers may have the same one. */
const answers: AnswerKind<NodeAnswer> = {
  isAnswer: (value): value is NodeAnswer => value instanceof NodeAnswer,
  isOk: ({ isOk }) => isOk,
  discard: () => undefined,
  copy: ({ status, headers, body }) => new NodeAnswer(status, headers, body),
  readWhole: async (answer) => answer,
  isStreaming: () => false,
  watch: () => undefined,
}

export interface NodeHostOptions extends OperationOptions {
  readonly retry?: RetryOptions
  readonly ends?: EndOptions<NodeAnswer>
}

/** Sends writes by `node:http` and `node:https`, on the one loop. */
export function createNodeHost({ retry, ends = {}, ...options }: NodeHostOptions) {
  const settings = copyOperationOptions(options, retry)
  const launch = createLaunch(settings, answers)

  // `async`: a key that is refused is thrown before there is a promise.
  return async function send(url: string, call: NodeCall): Promise<NodeAnswer> {
    const { body = '', key, isGenerated, signal, headers, writes, firstSentMs } = call
    const method = call.method.toUpperCase()
    const described: OperationCall<NodeAnswer> = {
      method,
      url,
      givenKey: key,
      isGenerated,
      conditional: isConditional(method, (name) => headers?.[name]),
      signal,
      callbacks: ends,
      writes,
      firstSentMs,
      identity:
        key === undefined
          ? undefined
          : {
              account: JSON.stringify([key, headers]),
              target: `${method} ${url}`,
              name: JSON.stringify([method, url, key, headers]),
              payload: body,
              isSamePayload: ({ payload }) => (typeof payload === 'string' ? payload === body : undefined),
              settings: [writes, firstSentMs],
            },
      openTransport: (operation) => ({
        send: (attemptSignal, own) =>
          exchange(url, method, body, headersOf(operation, call, own), attemptSignal),
        prepareRetry: async () => undefined,
        again: () => {
          const { givenKey, ...resumed } = operation.resume()
          return send(url, { ...call, ...resumed, key: givenKey as string | undefined })
        },
      }),
    }
    return launch(described)
  }

  function headersOf(operation: TrackedOperation, call: NodeCall, attempt: AttemptHeaders | undefined) {
    const { carrier } = settings.contract
    const key =
      carrier.in === 'header' && operation.key !== undefined && operation.isKeyed()
        ? { [carrier.name]: operation.key, ...operation.companions }
        : {}
    return { ...call.headers, ...attempt, ...key }
  }
}

/** One attempt. What goes wrong on the way is a result. */
function exchange(
  url: string,
  method: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<AttemptResult<NodeAnswer>> {
  return new Promise((resolve) => {
    let isCut = false
    const lose = (error: unknown) =>
      resolve({
        attempted: { lost: readFailure(error, url, false), error, isTimeout: false, isCut },
        answer: undefined,
        error,
      })
    const open = url.startsWith('https:') ? requestHttps : requestHttp
    const length = Buffer.byteLength(body)
    const request = open(url, { method, headers: { ...headers, 'content-length': length }, signal })
    request.on('error', lose)
    request.on('response', (response) => {
      isCut = true
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', lose)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const { statusCode: status = 0, headers: received } = response
        const known = Object.entries(received).map(([name, value]) => [name, String(value)] as const)
        resolve({
          attempted: { status, headers: new Headers(Object.fromEntries(known)), bytes },
          answer: new NodeAnswer(status, received, bytes),
          error: undefined,
        })
      })
    })
    request.end(body)
  })
}
