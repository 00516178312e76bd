import { quotedHeader } from '../contract/carrier.js'
import { compareAnswers } from './compare-answers.js'
import { isRefusal, isSuccess, type Exchange, type ProbeAnswer } from './probe-answer.js'
import { StopSignal, type ProbeRun } from './probe-run.js'
import { conditionsOf } from './plan-probe.js'
import { findPhaseObstacle, phases, type PhaseName } from './probe-steps.js'
import type { ProbeWrite } from './probe-write.js'

/** Longest wait before a server that answers with a conflict is asked again. */
const longestPauseMs = 5_000

/** How long to wait for a key that may still be in use. */
function pauseAfter({ headers }: ProbeAnswer): number {
  const seconds = Number(headers.get('retry-after') ?? 1)
  return Math.min(Math.max(seconds * 1000 || 1000, 250), longestPauseMs)
}

function firstRefused({ step, answer, lost }: Exchange): StopSignal {
  const detail = answer
    ? `the first write was answered with ${answer.status}; give a body (and headers) that the server accepts`
    : `the first write: ${lost ?? 'no answer'}`
  return new StopSignal({ why: 'first-write-failed', step, status: answer?.status, detail })
}

/** Whether a refusal speaks of the key, so that another form of it is worth a try. */
function isAboutKey({ status, text = '' }: ProbeAnswer): boolean {
  return (status === 400 || status === 422) && /idempoten|\bkey\b/i.test(text)
}

/** The first write. Where the server refuses the key as it is, it is sent once more in double quotes, as the IETF draft has it. */
async function sendFirst(run: ProbeRun): Promise<readonly [ProbeWrite, Exchange]> {
  const { settings } = run
  const write = run.createWrite(settings.body)
  run.first = write
  const first = await run.send('first', write)
  if (isSuccess(first.answer)) return [write, first]
  const { carrier } = run.contract
  const canQuote = !settings.isContractGiven && carrier.in === 'header'
  if (!canQuote || first.answer === undefined || !isAboutKey(first.answer)) throw firstRefused(first)
  run.exchanges.pop()
  run.contract = { ...run.contract, carrier: quotedHeader(carrier.name) }
  const second = await run.send('first', write)
  if (!isSuccess(second.answer)) throw firstRefused(first)
  return [write, second]
}

/** The same again; once more where the second answer leaves a doubt. Tells whether the server ignores keys. */
async function repeat(run: ProbeRun, write: ProbeWrite, first: Exchange): Promise<'ignored' | 'kept'> {
  const repetition = await run.send('repetition', write)
  if (isRefusal(repetition.answer)) {
    await run.pause(pauseAfter(repetition.answer))
    if (run.left() > 0) await run.send('repetition-later', write)
    return 'kept'
  }
  if (compareAnswers(repetition, first) !== 'different' || run.left() === 0) return 'kept'
  const third = await run.send('repetition-later', write)
  return compareAnswers(third, first) === 'different' ? 'ignored' : 'kept'
}

/** Sends a write again until it is no longer refused, at most twice. */
async function sendUntilSettled(
  run: ProbeRun,
  write: ProbeWrite,
  steps: readonly ['after-cut', 'after-cut-later'] | readonly ['race-later', 'race-last'],
  isDuplicate: (answer: ProbeAnswer) => boolean,
): Promise<void> {
  const { answer } = await run.send(steps[0], write)
  if (!isRefusal(answer) || isDuplicate(answer) || run.left() === 0) return
  await run.pause(pauseAfter(answer))
  await run.send(steps[1], write)
}

/** The time after which to drop an answer: late enough that the request is out, early enough that the work may go on. */
function cutAfterMs(exchanges: readonly Exchange[]): number {
  const executions = exchanges.filter(
    ({ step, answer }) => (step === 'first' || step === 'other-body') && isSuccess(answer),
  )
  return Math.max(1, 0.4 * Math.min(...executions.map(({ tookMs }) => tookMs)))
}

/** Asks every question that the options and the budget allow, the most important ones first. */
export async function runPhases(run: ProbeRun): Promise<void> {
  const { settings, exchanges } = run
  await run.count()
  const [first, firstExchange] = await sendFirst(run)
  const kept = await repeat(run, first, firstExchange)
  await run.count('repetition')
  const madeTwice = (run.counted.get('repetition') ?? 1) >= 2
  if (kept === 'ignored' || madeTwice) return

  const answers = exchanges.map(({ answer }) => answer)
  const duplicate = answers.slice(1).findLast((answer) => answer !== undefined)
  const isDuplicate = ({ status }: ProbeAnswer) => isRefusal(duplicate) && duplicate.status === status

  const ask: Readonly<Record<Exclude<PhaseName, 'repetition'>, () => Promise<unknown>>> = {
    'other-body': () =>
      run.send('other-body', {
        ...run.createWrite(settings.otherBody ?? settings.body),
        key: first.key,
        firstSentMs: first.firstSentMs,
      }),

    'lost-answer': async () => {
      const write = run.createWrite(settings.body)
      await run.send('cut', write, { cutAfterMs: cutAfterMs(exchanges) })
      await run.pause(Math.min(Math.max(250, 2 * firstExchange.tookMs), longestPauseMs))
      await sendUntilSettled(run, write, ['after-cut', 'after-cut-later'], isDuplicate)
    },

    race: async () => {
      const write = run.createWrite(settings.body)
      const both = (['race-one', 'race-two'] as const).map((step) =>
        run.send(step, write, { isLenient: true }),
      )
      run.stopAt(await Promise.all(both))
      await sendUntilSettled(run, write, ['race-later', 'race-last'], isDuplicate)
    },

    'no-key': () => run.send('no-key', run.createWrite(settings.body, false)),

    failures: async () => {
      const write = run.createWrite(settings.invalidBody as string)
      const { answer } = await run.send('invalid', write)
      if (isRefusal(answer)) await run.send('invalid-again', write)
    },

    'other-user': () => {
      const headers = new Headers(settings.headers)
      for (const [name, value] of settings.otherUser ?? []) headers.set(name, value)
      return run.send('other-user', first, { headers })
    },

    'other-path': () => run.send('other-path', first, { url: settings.otherUrl }),

    'no-key-again': () => run.send('no-key-again', run.createWrite(settings.body, false)),
  }

  for (const { name, requests } of phases) {
    if (name === 'repetition') continue
    const obstacle = findPhaseObstacle(name, conditionsOf(settings))
    if (obstacle !== undefined || run.left() < requests) {
      run.obstacles.set(name, obstacle ?? 'the budget is spent')
      continue
    }
    await ask[name]()
    await run.count(name)
  }
}
