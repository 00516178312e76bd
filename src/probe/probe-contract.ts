import { checkProbeOptions } from './check-probe-options.js'
import type { ProbeOptions } from './probe-options.js'
import { createReport, listThings, type ProbeReport } from './probe-report.js'
import { createProbeRun, StopSignal, type ProbeRun, type ProbeStop } from './probe-run.js'
import { removeThings } from './remove-things.js'
import { askAgain, checkKept, keepWrite } from './retention.js'
import { runPhases } from './run-phases.js'

/** Runs until the last question or the first reason to stop. */
async function runUntilStop(run: ProbeRun): Promise<ProbeStop | undefined> {
  const { settings } = run
  try {
    await (settings.again ? askAgain(run, settings.again) : runPhases(run))
    return undefined
  } catch (error) {
    if (error instanceof StopSignal) return error.stop
    if (!settings.signal?.aborted) throw error
    return { why: 'aborted', step: run.exchanges.at(-1)?.step ?? 'first', detail: 'it was interrupted' }
  }
}

/**
 * Finds out what a server does with an idempotency key, by sending it a few writes: **it makes real things**. Use it on
 * a sandbox, or in the tests of a server of your own. At most `budget` writes are sent, one at a time except where two
 * are sent at once to see what a race does; it ends at the first 401, 403, 429 or redirect.
 *
 * The report has the findings, the warnings, what could not be seen, and a contract to be given to
 * `createIdempotentFetch`. When `signal` aborts, it has what was learned until then, with `stopped.why` `'aborted'`.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work; the signal's reason when it was aborted before.
 *
 * @example
 * ```ts
 * import { createIdempotentFetch } from 'fetch-idempotency'
 * import { formatReport, probeContract } from 'fetch-idempotency/probe'
 *
 * const report = await probeContract({ url, body: '{"item":"{{unique}}"}' })
 * console.log(formatReport(report))
 * const send = createIdempotentFetch({ contract: report.contract })
 * ```
 */
export async function probeContract(options: ProbeOptions): Promise<ProbeReport> {
  const settings = checkProbeOptions(options)
  settings.signal?.throwIfAborted()
  const run = createProbeRun(settings)
  if (settings.again) checkKept(settings.again, settings)
  const stopped = await runUntilStop(run)
  const isRemovable = stopped === undefined || stopped.step === 'other-path' || stopped.why === 'count-failed'
  const ids = listThings(run.exchanges)
  const removal = isRemovable ? await removeThings(run, ids) : { removed: [], left: ids, stopped: undefined }
  return createReport(run, stopped, removal, keepWrite(run))
}
