import type { ServerContract } from '../contract/server-contract.js'
import { defaultContract } from '../contract/default-contract.js'
import type { ProbeSettings } from './check-probe-options.js'
import { concludeFindings, lookUp, type Evidence } from './conclude.js'
import { draftContract } from './draft-contract.js'
import { concludeAll, type Conclusion, type Finding, type Findings } from './findings.js'
import { fitPreset } from './fit-preset.js'
import { hideSecrets, listSecrets } from './hide-secrets.js'
import { isSuccess, type Exchange } from './probe-answer.js'
import { findKnownAnswers } from './known-answers.js'
import type { ProbeRun, ProbeStop } from './probe-run.js'
import type { Removal } from './remove-things.js'
import { concludeRetention, type KeptWrite, type Retention } from './retention.js'
import { listUnseen } from './unseen.js'
import { findWarnings, type ProbeWarning } from './warnings.js'
import { makeContract, writeContract, writePreset } from './write-contract.js'

/** What a probe has found out. It holds no header value that was given, no body and no query. */
export interface ProbeReport {
  readonly method: string
  /** The target without its query. */
  readonly url: string
  /** Where the key travelled, in words. */
  readonly keyIn: string
  /** The result in one word. */
  readonly conclusion: Conclusion
  readonly findings: Findings
  /** What a reader must know first, the worst first. */
  readonly warnings: readonly ProbeWarning[]
  /** What this run could not see, in words. */
  readonly unseen: readonly string[]
  /** Writes that were sent. */
  readonly sent: number
  /** Most writes that would have been sent. */
  readonly budget: number
  readonly made: {
    /** Things that were made: counted where `count` was given, else those whose ids are known. */
    readonly things: number
    readonly isCounted: boolean
    readonly removed: readonly string[]
    readonly left: readonly string[]
  }
  /** The preset that fits. */
  readonly preset: string | undefined
  /** The contract as a module, `undefined` when nothing was found out. */
  readonly source: string | undefined
  /** The same contract, to be given to `createIdempotentFetch`. */
  readonly contract: ServerContract | undefined
  /** Why the probe ended early. */
  readonly stopped: ProbeStop | undefined
  /** What a later run needs to ask whether the key is still known. */
  readonly kept: KeptWrite | undefined
  /** What this run shows about the age of keys. */
  readonly retention: Retention | undefined
}

/** The ids of the things that the successes speak of, in the order in which they were made. */
export function listThings(exchanges: readonly Exchange[]): readonly string[] {
  const ids = exchanges.filter(({ answer }) => isSuccess(answer)).map(({ answer }) => answer?.id)
  return [...new Set(ids)].filter((id) => id !== undefined)
}

export function describeKey({ carrier }: ProbeSettings['contract']): string {
  if (carrier.in === 'body') return `the field ${carrier.path.join('.')} of the body`
  if (carrier.in === 'query') return `the query parameter ${carrier.name}`
  return carrier.format === 'quoted' ? `${carrier.name}, in double quotes` : carrier.name
}

const map = (findings: Findings, change: (finding: Finding) => Finding): Findings =>
  Object.fromEntries(
    Object.entries(findings).map(([name, finding]) => [name, change(finding)]),
  ) as unknown as Findings

/** Draws the conclusions of a run. Pure. */
export function createReport(
  run: ProbeRun,
  stopped: ProbeStop | undefined,
  removal: Removal,
  kept: KeptWrite | undefined,
): ProbeReport {
  const { settings, exchanges, counted } = run
  const { url, method, again } = settings
  const secrets = listSecrets(settings)
  const clean = (text: string) => hideSecrets(text, secrets).slice(0, 200)
  const evidence: Evidence = { exchanges, counted }
  const findings = concludeFindings(evidence, run.obstacles)
  const conclusion = concludeAll(findings)
  const target = { method, url: url.origin + url.pathname }
  const asked = lookUp(exchanges, 'again')
  const retention = again && asked && concludeRetention(again, asked)

  const base =
    run.contract.name === defaultContract.name && run.contract.carrier === defaultContract.carrier
      ? defaultContract
      : run.contract
  const known = findKnownAnswers(exchanges, findings)
  const userHeaders = [...(settings.otherUser?.keys() ?? [])]
  const draft = draftContract(
    { name: url.host, base, method, userHeaders },
    exchanges,
    known,
    findings,
    conclusion,
  )
  const isTold = conclusion !== 'stopped'
  const fitting = isTold ? fitPreset(draft, known, target) : undefined
  const isOnlyMethod = fitting?.contract.methods.length === 1
  const source = fitting
    ? writePreset(fitting.name, method, isOnlyMethod)
    : isTold
      ? writeContract(draft)
      : undefined
  const contract = fitting
    ? isOnlyMethod
      ? fitting.contract
      : fitting.contract.with({ methods: [method] })
    : isTold
      ? makeContract(draft)
      : undefined

  const hideMarker = (finding: Finding): Finding =>
    finding.marker === undefined
      ? finding
      : { ...finding, marker: { header: clean(finding.marker.header), value: clean(finding.marker.value) } }
  const ids = listThings(exchanges)
  const isCounted = counted.size > 0
  return {
    ...target,
    keyIn: describeKey(run.contract),
    conclusion,
    findings: map(findings, hideMarker),
    warnings: findWarnings(findings),
    unseen: again ? [] : listUnseen(findings, evidence, { method, isRetentionSeen: false }),
    sent: settings.budget - run.left(),
    budget: settings.budget,
    made: {
      things: isCounted ? [...counted.values()].reduce((sum, made) => sum + made, 0) : ids.length,
      isCounted,
      removed: removal.removed.map(clean),
      left: removal.left.map(clean),
    },
    preset: fitting?.name,
    source: source && hideSecrets(source, secrets),
    contract,
    stopped: stopped ?? removal.stopped,
    kept: again && retention ? { ...again, knownForMs: retention.knownForMs } : kept,
    retention,
  }
}
