import { compareAnswers, findMarker, type Likeness } from './compare-answers.js'
import type { Finding, FindingResult, Findings } from './findings.js'
import { isConflict, isSuccess, type Exchange } from './probe-answer.js'
import type { PhaseName, StepName } from './probe-steps.js'
import { questions } from './questions.js'

/** All that was seen. */
export interface Evidence {
  /** In the order of their ends. */
  readonly exchanges: readonly Exchange[]
  /** Things that were made in each phase, where they were counted. */
  readonly counted: ReadonlyMap<PhaseName, number>
}

/** Rows of a table: the first whose condition holds tells the result. */
export type Rows = readonly (readonly [when: boolean | undefined, result: FindingResult])[]

/** What the tables of {@link questions} are written in. */
export interface Scene {
  readonly at: (step: StepName) => Exchange | undefined
  readonly made: (phase: PhaseName) => number | undefined
  /** Whether a success speaks of the thing that another one made. */
  readonly like: (one: Exchange | undefined, original: Exchange | undefined) => Likeness
  /** The two requests of the race: the first that succeeded, and the other one. */
  readonly winner: Exchange | undefined
  readonly loser: Exchange | undefined
  /** Refused just as a repetition of what was done is. */
  readonly isDuplicate: (exchange: Exchange | undefined) => boolean
}

export function lookUp(exchanges: readonly Exchange[], step: StepName): Exchange | undefined {
  return exchanges.findLast((exchange) => exchange.step === step)
}

/** The two requests of the race: the first that succeeded, and the other one. */
export function findRacers(exchanges: readonly Exchange[]): Pick<Scene, 'winner' | 'loser'> {
  const racers = exchanges.filter(({ step }) => step === 'race-one' || step === 'race-two')
  const winner = racers.find(({ answer }) => isSuccess(answer))
  return { winner, loser: racers.find((racer) => racer !== winner) }
}

function setScene({ exchanges, counted }: Evidence): Scene {
  const at = (step: StepName) => lookUp(exchanges, step)
  const racers = findRacers(exchanges)
  const executed = [racers.winner, at('no-key'), at('other-body')].filter((one) => one !== undefined)
  const like = (one: Exchange | undefined, original: Exchange | undefined): Likeness =>
    one === undefined || original === undefined
      ? 'unclear'
      : compareAnswers(
          one,
          original,
          executed.filter((other) => other !== one && other !== original),
        )
  const repetition = at('repetition')
  const isSettledLater = isSuccess(at('repetition-later')?.answer)
  return {
    at,
    like,
    ...racers,
    made: (phase) => counted.get(phase),
    isDuplicate: (exchange) =>
      isConflict(repetition) &&
      !isSettledLater &&
      isConflict(exchange) &&
      exchange?.answer?.status === repetition?.answer?.status,
  }
}

/**
 * Concludes from what was seen. Pure.
 *
 * @param obstacles - why a question was not asked, where the options or the budget forbade it
 */
export function concludeFindings(
  evidence: Evidence,
  obstacles: ReadonlyMap<PhaseName, string> = new Map(),
): Findings {
  const scene = setScene(evidence)
  const conclude = (name: keyof Findings): Finding => {
    const { shown, original = scene.at('first'), rows } = questions[name](scene)
    if (shown === undefined) return { result: 'not-asked', obstacle: obstacles.get(name) }
    const { answer } = shown
    const marker = answer && findMarker(answer, original?.answer)
    const result = rows.find(([when]) => when)?.[1] ?? 'unclear'
    return { result, status: answer?.status, marker }
  }
  const names = Object.keys(questions) as (keyof Findings)[]
  return Object.fromEntries(names.map((name) => [name, conclude(name)])) as unknown as Findings
}
