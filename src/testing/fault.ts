/** An answer that is given in the place of the server's. */
export interface FakeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Text as it is; anything else as JSON. @defaultValue none */
  readonly body?: unknown
}

/**
 * What happens to one request on its way to the server and back.
 *
 * | fault | the server does the work | the client gets |
 * | --- | --- | --- |
 * | `'pass'` | yes | the answer |
 * | `'refuse'` | no | a refused connection, as of a server that is not there |
 * | `'reset-before'` | no | a connection reset |
 * | `'lose-answer'` | yes | a connection reset |
 * | `'cut-body'` | yes | the status, the headers and half of the body, then a reset |
 * | `'hang'` | yes | nothing, until it stops waiting: set a short `attemptTimeoutMs` |
 * | `{ instead: answer }` | no | that answer, such as a 429 |
 * | `{ after: answer }` | yes | that answer, such as the 502 of a gateway that gave up |
 */
export type Fault = 'refuse' | SocketFault

/** The faults that a server on sockets can play: it is there, so that it refuses no connection. */
export type SocketFault =
  | 'pass'
  | 'reset-before'
  | 'lose-answer'
  | 'cut-body'
  | 'hang'
  | { readonly instead: FakeAnswer }
  | { readonly after: FakeAnswer }

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
  /** The idempotency key, `undefined` where the request carries none. */
  readonly key: string | undefined
  /** The number of this request among those with the same key, 1 for the first; without a key always 1. */
  readonly attempt: number
}

/** Faults for the requests in their order, or a function that chooses one for each. What is left open is passed. */
export type FaultScript<F = Fault> = readonly F[] | ((request: SeenRequest) => F | undefined)
