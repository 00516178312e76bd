import { formatPlan, formatReport } from '../probe/format-report.js'
import { planProbe, type ProbePlan } from '../probe/plan-probe.js'
import { probeContract } from '../probe/probe-contract.js'
import type { ProbeReport } from '../probe/probe-report.js'
import type { ProbeOptions } from '../probe/probe-options.js'
import { exitCodes, UsageError, type CommandLine } from './command-line.js'
import { parseProbeArgs } from './parse-probe-args.js'
import { choosePaint, createSpinner } from './terminal.js'

/** The exit code of a report. The first row that holds tells it. */
export function chooseExitCode({
  stopped,
  warnings,
  conclusion,
  retention,
}: Pick<ProbeReport, 'stopped' | 'warnings' | 'conclusion' | 'retention'>): number {
  const isEarly = stopped !== undefined && stopped.step !== 'other-path' && stopped.step !== 'delete'
  const rows: readonly (readonly [boolean, number])[] = [
    [stopped?.why === 'aborted', exitCodes.interrupted],
    [warnings.some(({ level }) => level === 'danger'), exitCodes.danger],
    [isEarly, exitCodes.stopped],
    [retention?.result === 'known', exitCodes.kept],
    [retention?.result === 'forgotten', exitCodes.danger],
    [conclusion !== 'kept', exitCodes.unclear],
  ]
  return rows.find(([when]) => when)?.[1] ?? exitCodes.kept
}

/** @throws {@link UsageError} for an option that cannot work. Only here: what goes wrong later is no mistake of the user's. */
function planOf(options: ProbeOptions): ProbePlan {
  try {
    return planProbe(options)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** `fetch-idempotency probe`. */
export async function runProbe(args: readonly string[], line: CommandLine): Promise<number> {
  const { options, isSent, isJson, save } = await parseProbeArgs(args, line)
  const paint = choosePaint(line)
  const plan = planOf(options)
  if (!isSent) {
    line.print(isJson ? `${JSON.stringify(plan, undefined, 2)}\n` : formatPlan(plan, paint))
    line.report('Nothing was sent. It makes real things: add --yes to send it.\n')
    return exitCodes.planned
  }
  const spinner = createSpinner(line)
  const report = await probeContract({ ...options, onProgress: spinner.show }).finally(spinner.stop)
  const { contract: _, kept, ...shown } = report
  line.print(isJson ? `${JSON.stringify(shown, undefined, 2)}\n` : formatReport(report, paint))
  if (save !== undefined && kept !== undefined)
    await line.writeText(save, `${JSON.stringify(kept, undefined, 2)}\n`)
  return chooseExitCode(report)
}
