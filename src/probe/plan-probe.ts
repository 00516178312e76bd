import { describeBody, isVaried } from './body-template.js'
import { checkProbeOptions, type ProbeSettings } from './check-probe-options.js'
import type { ProbeOptions } from './probe-options.js'
import { describeKey } from './probe-report.js'
import { checkKept } from './retention.js'
import { findPhaseObstacle, phases, type PhaseConditions } from './probe-steps.js'

/** What a probe would do, before it does it. */
export interface ProbePlan {
  readonly method: string
  /** The target without its query. */
  readonly url: string
  readonly keyIn: string
  /** The names of the headers that are sent; values are not told. */
  readonly headers: readonly string[]
  /** The bodies in a few words, without their values. */
  readonly bodies: readonly { readonly name: string; readonly description: string }[]
  readonly steps: readonly { readonly title: string; readonly requests: number }[]
  /** Most writes that are sent. */
  readonly writes: number
  /** Things that are made where keys are honoured; where they are ignored, three. */
  readonly things: number
  readonly counts: number
  /** Most deletions that are sent. */
  readonly deletions: number
}

/** What the options allow to ask. */
export function conditionsOf({
  body,
  otherBody,
  invalidBody,
  otherUser,
}: Pick<ProbeSettings, 'body' | 'otherBody' | 'invalidBody' | 'otherUser'>): PhaseConditions {
  return {
    hasOtherBody: otherBody !== undefined || isVaried(body),
    hasInvalidBody: invalidBody !== undefined,
    hasOtherUser: otherUser !== undefined,
  }
}

/**
 * Says what {@link probeContract} would send with these options, and sends nothing.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work.
 */
export function planProbe(options: ProbeOptions): ProbePlan {
  const settings = checkProbeOptions(options)
  const { url, method, headers, otherUser, body, otherBody, invalidBody, again, budget } = settings
  if (again) checkKept(again, settings)
  const conditions = conditionsOf(settings)
  let left = budget
  const sent = phases.filter(({ name, requests }) => {
    const isSent = findPhaseObstacle(name, conditions) === undefined && left >= requests
    if (isSent) left -= requests
    return isSent
  })
  const steps = again ? [{ title: 'the kept write, again', requests: 1 }] : sent
  const bodies = { body, otherBody, invalidBody }
  const things = again ? 0 : sent.reduce((sum, { makes }) => sum + makes, 0)
  return {
    method,
    url: url.origin + url.pathname,
    keyIn: describeKey(settings.contract),
    headers: [...new Set([...headers.keys(), ...(otherUser?.keys() ?? [])])],
    bodies: Object.entries(bodies).flatMap(([name, template]) =>
      template === undefined ? [] : [{ name, description: describeBody(template) }],
    ),
    steps: steps.map(({ title, requests }) => ({ title, requests })),
    writes: again ? 1 : budget,
    things,
    counts: settings.count === undefined || again ? 0 : 1 + sent.length,
    deletions: settings.deletePath === undefined ? 0 : budget,
  }
}
