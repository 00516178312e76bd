import { hasErrorCode, IdempotencyError, type ErrorFacts } from './idempotency-error.js'

/**
 * How a run differs from its first run.
 *
 * - `payload`: the step sends something else
 * - `missing-step`: a step that came before this one has not come this time
 * - `earlier-step`: an earlier step was another one, or is no longer on record
 * - `step-used-twice`: the step was done already in this very run
 */
export type Divergence = 'payload' | 'missing-step' | 'earlier-step' | 'step-used-twice'

const texts: Readonly<Record<Divergence, string>> = {
  payload: 'its method, URL or body is not what the first run sent',
  'missing-step': 'a step of the first run has not come before it',
  'earlier-step': 'the steps before it are not those of the first run',
  'step-used-twice': 'the run has done a step of this name already',
}

/**
 * A run does not do what it did the first time, so the write was stopped before it was sent. Take times, random numbers and
 * what was read from elsewhere from `run.remember`, and give a new run id to what is a new job.
 */
export class RunDivergedError extends IdempotencyError {
  override readonly name = 'RunDivergedError'
  override readonly code = 'run_diverged'
  /** The id of the run. */
  declare readonly run: string
  /** The name of the step that was stopped. */
  declare readonly step: string
  declare readonly divergence: Divergence

  constructor(divergence: Divergence, run: string, step: string, facts: ErrorFacts) {
    super(
      `Step "${step}" of run "${run}" was stopped: ${texts[divergence]}`,
      facts,
      'This call sent nothing: make the run send the same each time, or give a new job a new run id',
    )
    this.run = run
    this.step = step
    this.divergence = divergence
  }
}

/** Whether a value is a {@link RunDivergedError}. */
export const isRunDivergedError: (value: unknown) => value is RunDivergedError = hasErrorCode('run_diverged')
