import { describeFindings } from './finding-texts.js'
import type { FindingResult } from './findings.js'
import type { ProbePlan } from './plan-probe.js'
import type { ProbeReport } from './probe-report.js'
import type { Retention } from './retention.js'

/** What a piece of the output is, for a terminal that has colours. */
export type Paint = (role: 'danger' | 'caution' | 'good' | 'strong' | 'faint', text: string) => string

const width = 96
const noPaint: Paint = (_, text) => text

/** Breaks a text into lines; the first one begins with `lead`, the others below its text. */
function wrap(lead: string, text: string): string[] {
  const lines: string[] = []
  let line = lead
  for (const word of text.split(' ')) {
    const isFull = line.length + word.length + 1 > width && line.trim() !== '' && line !== lead
    if (isFull) lines.push(line)
    line = isFull ? `${' '.repeat(lead.length)}${word}` : line === lead ? `${lead}${word}` : `${line} ${word}`
  }
  return [...lines, line]
}

const tones: Readonly<Partial<Record<FindingResult, Parameters<Paint>[0]>>> = {
  locked: 'danger',
  'no-answer': 'caution',
  unclear: 'faint',
  'not-asked': 'faint',
}

const conclusions: Readonly<Record<ProbeReport['conclusion'], readonly [Parameters<Paint>[0], string]>> = {
  kept: ['good', 'Keys are honoured.'],
  unsafe: ['danger', 'Keys are kept, but do not protect a resend.'],
  ignored: ['danger', 'Keys are ignored.'],
  unclear: ['caution', 'Whether keys are honoured is not to be told from the answers.'],
  stopped: ['caution', 'Nothing is known yet.'],
}

/** A duration as a person says it. */
export function describeDuration(ms: number): string {
  const units = [
    [86_400_000, 'days'],
    [3_600_000, 'hours'],
    [60_000, 'minutes'],
  ] as const
  const [unit, name] = units.find(([size]) => ms >= 2 * size) ?? [1000, 'seconds']
  return `${Math.floor(ms / unit)} ${name}`
}

function describeRetention({ result, ageMs, knownForMs }: Retention): string {
  const age = describeDuration(ageMs)
  if (result === 'known') return `After ${age} the key is still known. Keys are kept for at least that long.`
  if (result === 'unclear') return `After ${age} the answer does not tell whether the key is still known.`
  const known = knownForMs > 0 ? `, and was known for ${describeDuration(knownForMs)}` : ''
  return `After ${age} the key is FORGOTTEN: the write was done again${known}. Set keyTtlMs well below that.`
}

const plural = (count: number, one: string) => `${count} ${one}${count === 1 ? '' : 's'}`

function describeMade({ made, sent, budget }: ProbeReport): string {
  const { things, isCounted, removed, left } = made
  const number = isCounted
    ? `${plural(things, 'thing')} made (counted)`
    : things === 0
      ? 'how many things were made is not known'
      : `at least ${plural(things, 'thing')} made (by their ids)`
  const gone = removed.length > 0 ? `, ${removed.length} removed` : ''
  const rest = left.length > 0 ? `; left behind: ${left.join(', ')}` : ''
  return `${sent} of ${plural(budget, 'request')} sent, ${number}${gone}${rest}.`
}

function titleOf({ conclusion, preset }: ProbeReport): string {
  if (preset !== undefined) return `The preset ${preset} fits:`
  return conclusion === 'kept' ? 'This contract fits:' : 'This contract is safe, whatever the server does:'
}

/** The report as text that is read in a minute: warnings first, then the table, the contract, and what was not seen. */
export function formatReport(report: ProbeReport, paint: Paint = noPaint): string {
  const { warnings, stopped, conclusion, findings, source, unseen, retention } = report
  const lines = [
    paint('strong', `${report.method} ${report.url}`),
    paint('faint', `key in ${report.keyIn}`),
    '',
  ]
  for (const { level, text } of warnings)
    lines.push(...wrap(level === 'danger' ? '!! ' : '!  ', text).map((line) => paint(level, line)))
  if (stopped !== undefined) {
    const status = stopped.status === undefined ? '' : ` (${stopped.status})`
    lines.push(
      ...wrap('!  ', `stopped at "${stopped.step}"${status}: ${stopped.detail}.`).map((line) =>
        paint('caution', line),
      ),
    )
  }
  if (lines.at(-1) !== '') lines.push('')

  if (retention !== undefined) lines.push(...wrap('', describeRetention(retention)))
  else {
    const table = describeFindings(findings).filter(
      ({ finding }) => conclusion !== 'ignored' || finding.result !== 'not-asked',
    )
    const longest = Math.max(...table.map(({ title }) => title.length))
    for (const { title, text, finding } of conclusion === 'stopped' ? [] : table) {
      const tone = /\b[A-Z]{4,}\b/.test(text) ? 'danger' : tones[finding.result]
      lines.push(`${title.padEnd(longest)}  ${tone === undefined ? text : paint(tone, text)}`)
    }
    if (conclusion !== 'stopped') lines.push('')
    const [tone, word] = conclusions[conclusion]
    lines.push(paint(tone, word))
  }
  lines.push(...wrap('', describeMade(report)))
  if (source !== undefined) {
    const title = titleOf(report)
    lines.push(
      '',
      paint('strong', title),
      '',
      ...source
        .trimEnd()
        .split('\n')
        .map((line) => (line === '' ? '' : `  ${line}`)),
    )
  }
  if (unseen.length > 0)
    lines.push('', paint('strong', 'Not seen:'), ...unseen.flatMap((text) => wrap('- ', `${text}.`)))
  return `${lines.join('\n')}\n`
}

/** The plan as text: what would be sent, and how much would be made. */
export function formatPlan(plan: ProbePlan, paint: Paint = noPaint): string {
  const { method, url, keyIn, headers, bodies, steps, writes, things, counts, deletions } = plan
  const more = [counts > 0 && `${counts} counts`, deletions > 0 && `at most ${deletions} deletions`].filter(
    Boolean,
  )
  const lines = [
    paint('strong', `${method} ${url}`),
    paint('faint', `key in ${keyIn}; headers: ${headers.join(', ')}`),
    ...bodies.map(({ name, description }) => paint('faint', `${name}: ${description}`)),
    '',
    ...steps.map(({ title, requests }) => `${String(requests).padStart(3)}  ${title}`),
    '',
    ...wrap(
      '',
      `At most ${plural(writes, 'write')}${more.length > 0 ? `, ${more.join(', ')}` : ''}. ${
        things === 0
          ? 'Nothing new is made where the key is still known.'
          : `They make about ${plural(things, 'thing')} where keys are honoured, 3 where they are ignored, and never more than ${writes}.`
      }`,
    ),
  ]
  return `${lines.join('\n')}\n`
}
