import type { Answer } from '../contract/verdict.js'
import type { Operation } from '../operation/operation.js'
import type { AnsweredAttempt } from '../transport/attempted.js'

/** An answer as a contract sees it. A class, so that its body is decoded only for the contract that asks. */
export class AnswerInFull implements Answer {
  declare readonly status: number
  declare readonly headers: Headers
  declare readonly method: string
  declare readonly url: string
  declare readonly key: string | undefined
  declare readonly keyOrigin: Operation['keyOrigin']
  declare readonly conditional: boolean
  declare readonly attempt: number
  declare readonly mayHaveRun: boolean
  readonly #bytes: Uint8Array | undefined

  constructor({ status, headers, bytes }: AnsweredAttempt, operation: Operation) {
    this.status = status
    this.headers = headers
    this.method = operation.method
    this.url = operation.url
    this.key = operation.key
    this.keyOrigin = operation.keyOrigin
    this.conditional = operation.conditional
    this.attempt = operation.attempts
    this.mayHaveRun = operation.mayHaveRun
    this.#bytes = bytes
  }

  get text(): string | undefined {
    return this.#bytes && new TextDecoder().decode(this.#bytes)
  }

  get json(): unknown {
    // Outside: a runtime without a `TextDecoder` must not be taken for a body that is no JSON.
    const { text } = this
    try {
      return text === undefined ? undefined : JSON.parse(text)
    } catch {
      return undefined
    }
  }
}
