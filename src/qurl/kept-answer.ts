import type { Answer } from './call.js'

/** What is kept of the answer behind a result. */
export type KeptAnswer = Pick<Answer, 'meta'> & Partial<Pick<Answer, 'write' | 'refuse'>>

/** A constructor that gives back what it is given puts the private fields of its subclass on that. */
class Result {
  constructor(result: object) {
    return result
  }
}

/**
 * The answer behind a result, as a private field of it: no copy, no print and no listing of its fields shows it. A `WeakMap` does the same
 * and takes as long as all the rest of reading a list, once per row.
 */
class AnsweredResult extends Result {
  #answer: KeptAnswer

  private constructor(result: object, answer: KeptAnswer) {
    super(result)
    this.#answer = answer
  }

  static keep(result: object, answer: KeptAnswer): void {
    if (#answer in result) result.#answer = answer
    else new AnsweredResult(result, answer)
  }

  static answerOf(result: unknown): KeptAnswer | undefined {
    return typeof result === 'object' && result !== null && #answer in result ? result.#answer : undefined
  }
}

export const { keep: keepAnswer, answerOf } = AnsweredResult
