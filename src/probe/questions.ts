import { findMarker } from './compare-answers.js'
import type { Rows, Scene } from './conclude.js'
import type { Findings } from './findings.js'
import { isConflict, isRefusal, isSuccess, type Exchange } from './probe-answer.js'

/** How one question is answered: by the exchange that shows it, and a table. */
export interface Question {
  /** `undefined` when it was not asked. */
  readonly shown: Exchange | undefined
  /** The exchange that `shown` may be a replay of. @defaultValue the first write */
  readonly original?: Exchange | undefined
  readonly rows: Rows
}

const succeeded = (exchange: Exchange | undefined) => isSuccess(exchange?.answer)

const textOf = ({ answer, echoes }: Exchange) =>
  echoes.reduce((text, echo) => text.replaceAll(echo, ''), answer?.text ?? '')

/** Every question with its table. The first row whose condition holds tells the result; without one it is unclear. */
export const questions: Readonly<Record<keyof Findings, (scene: Scene) => Question>> = {
  repetition({ at, like, made }) {
    const [first, again, later] = [at('first'), at('repetition'), at('repetition-later')]
    // Some servers store an answer a moment after it was given, and refuse the key until then.
    const isSettled = isConflict(again) && succeeded(later) && like(later, first) !== 'different'
    const isDoubtful =
      like(again, first) === 'different' && later !== undefined && like(later, first) !== 'different'
    return {
      shown: isSettled ? later : again,
      rows: [
        [(made('repetition') ?? 0) >= 2, 'executed'],
        [isDoubtful, 'unclear'],
        [like(again, first) === 'different', 'executed'],
        [isSettled, 'first-answer'],
        [isConflict(again), 'duplicate'],
        [like(again, first) === 'same', 'first-answer'],
        [succeeded(again) && made('repetition') === 1, 'first-answer'],
        [again?.lost !== undefined, 'no-answer'],
      ],
    }
  },

  'other-body'({ at, like, made, isDuplicate }) {
    const [first, other] = [at('first'), at('other-body')]
    return {
      shown: other,
      rows: [
        [isDuplicate(other), 'duplicate'],
        [isConflict(other), 'refused'],
        [like(other, first) === 'same', 'first-answer'],
        [like(other, first) === 'different', 'executed'],
        [succeeded(other) && made('other-body') === 0, 'first-answer'],
        [succeeded(other) && made('other-body') === 1, 'executed'],
      ],
    }
  },

  'lost-answer'({ at, made, isDuplicate }) {
    const later = at('after-cut-later')
    const shown = later ?? at('after-cut')
    const count = made('lost-answer')
    const isMarked = shown?.answer && findMarker(shown.answer, at('first')?.answer) !== undefined
    return {
      shown,
      rows: [
        [(count ?? 0) >= 2, 'executed'],
        [isDuplicate(shown), 'duplicate'],
        [succeeded(shown) && (isMarked || later !== undefined || count === 1), 'first-answer'],
        [isConflict(shown) && later !== undefined, 'locked'],
        [shown?.lost !== undefined, 'no-answer'],
      ],
    }
  },

  race({ at, like, made, winner, loser, isDuplicate }) {
    const last = at('race-last')
    const later = last ?? at('race-later')
    return {
      shown: loser,
      original: winner,
      rows: [
        [(made('race') ?? 0) >= 2, 'executed'],
        [like(loser, winner) === 'different' || like(later, winner) === 'different', 'executed'],
        [isConflict(last) && !isDuplicate(last), 'locked'],
        [isDuplicate(loser), 'duplicate'],
        [winner && isRefusal(loser?.answer), 'refused'],
        [like(loser, winner) === 'same', 'first-answer'],
        [succeeded(loser) && made('race') === 1, 'first-answer'],
        [winner && loser?.lost !== undefined, 'no-answer'],
      ],
    }
  },

  'no-key'({ at, like }) {
    const [first, one, another] = [at('first'), at('no-key'), at('no-key-again')]
    return {
      shown: one,
      rows: [
        [isConflict(one), 'refused'],
        [like(one, first) === 'same' || like(another, one) === 'same', 'first-answer'],
        [succeeded(one), 'accepted'],
      ],
    }
  },

  failures({ at, isDuplicate }) {
    const [one, again] = [at('invalid'), at('invalid-again')]
    const isMarked = again?.answer && findMarker(again.answer, one?.answer) !== undefined
    const areRefused = isConflict(one) && isConflict(again)
    const isSameStatus = one?.answer?.status === again?.answer?.status
    return {
      shown: again ?? one,
      original: one,
      rows: [
        [succeeded(one), 'accepted'],
        [isMarked, 'kept'],
        [isDuplicate(again) && !isDuplicate(one), 'kept'],
        [succeeded(again), 'not-kept'],
        [areRefused && !isSameStatus, 'unclear'],
        [areRefused && one && again && textOf(one) !== textOf(again), 'not-kept'],
        // A server that refuses every duplicate would have refused this one as such.
        [areRefused && isConflict(at('repetition')) && !succeeded(at('repetition-later')), 'not-kept'],
      ],
    }
  },

  'other-user'({ at, like, made }) {
    const [first, user] = [at('first'), at('other-user')]
    return {
      shown: user,
      rows: [
        [isConflict(user), 'refused'],
        [like(user, first) === 'same', 'first-answer'],
        [like(user, first) === 'different', 'executed'],
        [succeeded(user) && made('other-user') === 0, 'first-answer'],
        [succeeded(user) && made('other-user') === 1, 'executed'],
      ],
    }
  },

  'other-path'({ at, like, isDuplicate }) {
    const [first, path, body] = [at('first'), at('other-path'), at('other-body')]
    const isAsAnotherBody = isConflict(body) && path?.answer?.status === body?.answer?.status
    return {
      shown: path,
      rows: [
        [isDuplicate(path), 'duplicate'],
        [like(path, first) === 'same', 'first-answer'],
        [isConflict(path) && isAsAnotherBody, 'refused'],
        [isConflict(path) || like(path, first) === 'different', 'accepted'],
      ],
    }
  },
}
