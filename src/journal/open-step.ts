import { JournalError } from '../errors/journal-error.js'
import { RunDivergedError, type Divergence } from '../errors/run-diverged-error.js'
import type { JournalCall, OpenedOperation } from '../operation/operation-journal.js'
import { factsOf, freshValue } from './call-value.js'
import type { StepPlace } from './entry-value.js'
import { openOperation } from './open-operation.js'
import { keepRunLease, takePlace, type StoredRun } from './run-turn.js'

/** A place that stands for none: it is replaced before anything is written. */
const nowhere: StepPlace = { run: '', step: '', order: 0, floor: 0, chain: '' }

/** Opens a write of a run. @throws {@link RunDivergedError}, and what `openOperation` throws. */
export async function openStep(run: StoredRun, call: JournalCall, step: string): Promise<OpenedOperation> {
  const { settings, id, lane, history } = run
  const { naming } = settings
  const facts = (key?: string) => factsOf(call, 'not-applied', key)
  const refuse = (divergence: Divergence) => new RunDivergedError(divergence, id, step, facts())
  const met = history.meet(step)
  if (met !== undefined) throw refuse(met)
  let isDone = false
  const end = () => history.end(step, isDone)
  try {
    const key = naming.key(call.keyRules, 'step', id, step)
    const fresh = await freshValue(settings, call, { about: { place: nowhere }, key })
    const place = await takePlace(run, step, fresh.fingerprint, refuse)
    await keepRunLease(
      run,
      (problem, cause) => new JournalError(problem, factsOf(call, 'unknown', key, cause)),
    )
    const opened = await openOperation(settings, call, {
      id: naming.name('step', id, step),
      lane,
      about: { place },
      key,
      check: ({ place: found, fingerprint }) =>
        fingerprint !== fresh.fingerprint
          ? refuse('payload')
          : found?.chain !== place.chain
            ? refuse('earlier-step')
            : undefined,
      onEnd: end,
    })
    if (opened.answer !== undefined) {
      isDone = true
      end()
    }
    return {
      ...opened,
      step,
      async record(step) {
        if (step.type === 'settled') isDone = step.outcome === 'applied'
        await opened.record(step)
      },
    }
  } catch (error) {
    end()
    throw error
  }
}
