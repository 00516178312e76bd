import { findMarker } from './compare-answers.js'
import { isRefusal, isSuccess, type Exchange } from './probe-answer.js'
import type { ProbeRun } from './probe-run.js'
import { createWrite } from './probe-write.js'
import { fillTemplate, type TemplateValues } from './body-template.js'
import { lookUp } from './conclude.js'
import { quotedHeader } from '../contract/carrier.js'

/** One write as a later run needs it to ask whether its key is still known. It holds no header and no body. */
export interface KeptWrite {
  readonly version: 1
  readonly method: string
  /** The target without its query. */
  readonly url: string
  readonly key: string
  readonly isQuoted: boolean
  readonly firstSentMs: number
  readonly values: TemplateValues
  /** A checksum of the body: another template is another write. */
  readonly body: string
  /** Checksums of the id and the body of the first answer. */
  readonly answer: { readonly id: string | undefined; readonly text: string }
  /** The greatest age at which the key was still known, in milliseconds. */
  readonly knownForMs: number
}

/** What a later run shows about one key. */
export interface Retention {
  readonly result: 'known' | 'forgotten' | 'unclear'
  /** How long ago the key was used first, in milliseconds. */
  readonly ageMs: number
  /** The greatest age at which it was known, in milliseconds. */
  readonly knownForMs: number
}

/** FNV-1a, 32 bits: it tells texts apart, and keeps nothing secret. */
export function checksum(text: string): string {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** Without what differs between two requests, or is secret. */
const plain = (url: URL): string => url.origin + url.pathname

/** What a run keeps of its first write, `undefined` when it had no success or the server ignores keys. */
export function keepWrite({ settings, contract, exchanges, first: write }: ProbeRun): KeptWrite | undefined {
  const answer = lookUp(exchanges, 'first')?.answer
  if (write?.key === undefined || !isSuccess(answer)) return undefined
  const { carrier } = contract
  return {
    version: 1,
    method: settings.method,
    url: plain(settings.url),
    key: write.key,
    isQuoted: carrier.in === 'header' && carrier.format === 'quoted',
    firstSentMs: write.firstSentMs,
    values: write.values,
    body: checksum(fillTemplate(settings.body, write.values)),
    answer: { id: answer.id && checksum(answer.id), text: checksum(answer.text ?? '') },
    knownForMs: 0,
  }
}

/** @throws `TypeError` that says what about the kept write is not as in this run. */
export function checkKept(kept: KeptWrite, { method, url, body }: ProbeRun['settings']): void {
  const { key, values, firstSentMs } = kept
  if (kept.version !== 1 || typeof key !== 'string' || typeof firstSentMs !== 'number')
    throw new TypeError('again is not what an earlier run has kept')
  if (kept.method !== method || kept.url !== plain(url))
    throw new TypeError(`again was kept for ${kept.method} ${kept.url}: probe that`)
  if (checksum(fillTemplate(body, values)) !== kept.body)
    throw new TypeError('again was kept for another body: give the same template')
}

/** Sends the kept write once more. */
export async function askAgain(run: ProbeRun, kept: KeptWrite): Promise<void> {
  const { carrier } = run.contract
  if (kept.isQuoted && carrier.in === 'header')
    run.contract = { ...run.contract, carrier: quotedHeader(carrier.name) }
  await run.send('again', createWrite(run.settings.body, kept.key, kept.firstSentMs, kept.values))
}

/** What the answer to a kept write shows. Pure. */
export function concludeRetention(kept: KeptWrite, { answer, sentAtMs }: Exchange): Retention {
  const ageMs = sentAtMs - kept.firstSentMs
  const isText = checksum(answer?.text ?? '') === kept.answer.text
  const { id } = kept.answer
  const rows: readonly (readonly [boolean, Retention['result']])[] = [
    [isRefusal(answer) && answer.status < 500, 'known'],
    [!isSuccess(answer), 'unclear'],
    [answer !== undefined && findMarker(answer, undefined) !== undefined, 'known'],
    [id !== undefined && answer?.id !== undefined && checksum(answer.id) === id, 'known'],
    [id !== undefined && answer?.id !== undefined, 'forgotten'],
    [id !== undefined && isText, 'known'],
  ]
  const result = rows.find(([when]) => when)?.[1] ?? 'unclear'
  return {
    result,
    ageMs,
    knownForMs: result === 'known' ? Math.max(ageMs, kept.knownForMs) : kept.knownForMs,
  }
}
