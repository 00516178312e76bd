import type { Contract } from '../contract/server-contract.js'
import type { ProbeSettings } from './check-probe-options.js'
import { parseJson, type Exchange } from './probe-answer.js'
import type { PhaseName, StepName } from './probe-steps.js'
import { createWrite, stampWrite, type ProbeWrite } from './probe-write.js'
import { readCount } from './read-count.js'
import { sendRequest, type PlainRequest } from './send-request.js'
import { findThingId } from './thing-id.js'

/** What a listener hears before a request is sent. */
export interface ProbeProgress {
  /** What the request asks. */
  readonly step: StepName | 'count' | 'delete'
  /** Writes sent so far, this one included where it is one. */
  readonly sent: number
  /** Most writes that are sent. */
  readonly budget: number
}

/** Why a probe ended before its last question. */
export interface ProbeStop {
  readonly why:
    'unauthorized' | 'rate-limited' | 'redirected' | 'first-write-failed' | 'count-failed' | 'aborted'
  readonly step: ProbeProgress['step']
  readonly status?: number | undefined
  readonly detail: string
}

/** Ends the run from inside; it never leaves the probe. */
export class StopSignal extends Error {
  constructor(readonly stop: ProbeStop) {
    super(stop.detail)
  }
}

const stopStatuses: Readonly<Record<number, readonly [ProbeStop['why'], string]>> = {
  401: ['unauthorized', 'the credentials were refused'],
  403: ['unauthorized', 'the credentials do not allow this'],
  429: ['rate-limited', 'the server asks for fewer requests'],
}

/** The stop that a status makes, `undefined` when the probe goes on. */
export function findStop(
  step: ProbeProgress['step'],
  status: number,
  isRedirect = false,
): ProbeStop | undefined {
  if (isRedirect)
    return { why: 'redirected', step, status, detail: 'the server redirects; give the URL that it leads to' }
  const known = stopStatuses[status]
  return known && { why: known[0], step, status, detail: known[1] }
}

/** What changes while a probe runs. */
export interface ProbeRun {
  readonly settings: ProbeSettings
  /** How keys are carried; changes once, where the server wants the key in double quotes. */
  contract: Contract
  /** The first write, which later ones repeat. */
  first: ProbeWrite | undefined
  readonly exchanges: Exchange[]
  /** Things that were made in each phase, where they are counted. */
  readonly counted: Map<PhaseName, number>
  /** Why questions were not asked. */
  readonly obstacles: Map<PhaseName, string>
  /** Writes that may still be sent. */
  readonly left: () => number
  readonly createWrite: (template: string, hasKey?: boolean) => ProbeWrite
  /** Sends one write. @throws {@link StopSignal} unless `isLenient`. */
  readonly send: (step: StepName, write: ProbeWrite, change?: SendChange) => Promise<Exchange>
  /** Ends the run where one of these answers asks for it. */
  readonly stopAt: (exchanges: readonly Exchange[]) => void
  readonly pause: (ms: number) => Promise<void>
  /** Counts the things, and keeps the difference to the last count under the phase. */
  readonly count: (phase?: PhaseName) => Promise<void>
  /** A request that is no write of the probe: a deletion. */
  readonly sendPlain: (step: 'delete', request: PlainRequest) => ReturnType<typeof sendRequest>
}

/** What one request has otherwise than the rest. */
export interface SendChange {
  readonly url?: URL
  readonly headers?: Headers
  readonly cutAfterMs?: number
  /** Leaves it to {@link ProbeRun.stopAt} to end the run. */
  readonly isLenient?: boolean
}

export function createProbeRun(settings: ProbeSettings): ProbeRun {
  const { clock, budget, onProgress } = settings
  const exchanges: Exchange[] = []
  const redirects = new WeakSet<Exchange>()
  const counted = new Map<PhaseName, number>()
  let sent = 0
  let lastCount: number | undefined

  const tell = (step: ProbeProgress['step']) => {
    try {
      onProgress?.({ step, sent, budget })
    } catch {
      // A listener's own failure is no part of the probe.
    }
  }

  const stopAt = (ended: readonly Exchange[]) => {
    for (const exchange of ended) {
      const { step, answer } = exchange
      const stop = answer && findStop(step, answer.status, redirects.has(exchange))
      if (stop !== undefined) throw new StopSignal(stop)
    }
  }

  const run: ProbeRun = {
    settings,
    contract: settings.contract,
    first: undefined,
    exchanges,
    counted,
    obstacles: new Map(),
    left: () => budget - sent,
    createWrite: (template, hasKey = true) =>
      createWrite(template, hasKey ? run.contract.generateKey() : undefined, clock.now()),
    stopAt,

    async send(step, write, { url, headers, cutAfterMs, isLenient = false } = {}) {
      if (sent >= budget) throw new RangeError('the budget is spent')
      sent += 1
      tell(step)
      const { method } = settings
      const target = { method, url: url ?? settings.url, headers: headers ?? settings.headers }
      const sentAtMs = clock.now()
      const end = await sendRequest(settings, { ...stampWrite(target, run.contract, write), cutAfterMs })
      const facts = {
        step,
        sentAtMs,
        tookMs: clock.now() - sentAtMs,
        echoes: [write.values.unique, write.values.uuid, ...(write.key === undefined ? [] : [write.key])],
      }
      const exchange: Exchange =
        'status' in end
          ? { ...facts, answer: readEnd(end, write.body) }
          : 'cut' in end
            ? { ...facts, cut: end.cut }
            : { ...facts, lost: end.lost }
      exchanges.push(exchange)
      if ('status' in end && end.isRedirect) redirects.add(exchange)
      if ('cutStatus' in end) {
        const stop = findStop(step, end.cutStatus, end.isRedirect)
        if (stop !== undefined) throw new StopSignal(stop)
      }
      if (!isLenient) stopAt([exchange])
      return exchange
    },

    pause: (ms) => clock.sleep(ms, settings.signal),

    async count(phase) {
      if (settings.count === undefined) return
      tell('count')
      const now = await readNow(settings)
      if (phase !== undefined && lastCount !== undefined) counted.set(phase, now - lastCount)
      lastCount = now
    },

    sendPlain(step, request) {
      tell(step)
      return sendRequest(settings, request)
    },
  }

  const readEnd = (
    { status, headers, text }: { status: number; headers: Headers; text: string | undefined },
    requestText: string,
  ) => {
    const json = parseJson(text)
    return { status, headers, text, json, id: findThingId({ json, headers, requestText }, settings.idField) }
  }
  return run
}

/** @throws {@link StopSignal} when the count cannot be read. */
async function readNow(settings: ProbeSettings): Promise<number> {
  const { count, headers } = settings
  const fail = (detail: string, status?: number) =>
    new StopSignal({ why: 'count-failed', step: 'count', status, detail })
  if (typeof count === 'function') {
    settings.signal?.throwIfAborted()
    const number = await count()
    if (!Number.isInteger(number)) throw fail('the function did not give a whole number')
    return number
  }
  const sent = new Headers(headers)
  sent.delete('content-type')
  const end = await sendRequest(settings, { method: 'GET', url: count as URL, headers: sent })
  if (!('status' in end)) throw fail('lost' in end ? end.lost : 'no answer')
  const stop = findStop('count', end.status, end.isRedirect)
  if (stop !== undefined) throw new StopSignal(stop)
  if (end.status >= 300) throw fail(`the list answered ${end.status}`, end.status)
  try {
    return readCount(parseJson(end.text), end.headers)
  } catch (error) {
    throw fail((error as Error).message.replace(/^count: /, ''))
  }
}
