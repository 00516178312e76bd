import type { AnswerPattern } from '../contract/answer-patterns.js'
import { matchesPattern } from '../contract/match-pattern.js'
import type { Answer } from '../contract/verdict.js'
import type { Exchange, ProbeAnswer } from './probe-answer.js'

/** What tells one kind of refusal from every other, as a contract says it. */
export interface AnswerSign {
  readonly pattern: AnswerPattern
  /** Another kind of answer has the same status, and nothing was found that tells them apart. */
  readonly isAmbiguous: boolean
}

const codeName =
  /^(?:code|type|name|reason|kind|error|issue|status|title|error_?code|reason_?code|error_?type)$/i
const codeValue = /^[A-Za-z][\w.:#/-]{2,80}$/
const signHeader = /idempot|repeat/i

/** A code in a JSON body: where it stands, and what it says. */
interface Code {
  readonly path: readonly string[]
  readonly value: string | number
  /** Inside a list, where a contract looks in the usual places only. */
  readonly isListed: boolean
}

/** The codes in a JSON body, the outermost first. */
function codesOf(
  json: unknown,
  status: number,
  path: readonly string[] = [],
  isListed = false,
): readonly Code[] {
  if (typeof json !== 'object' || json === null || path.length > 4) return []
  const steps = Object.entries(json).slice(0, 50)
  const isList = Array.isArray(json)
  const own = isList
    ? []
    : steps.filter(
        ([name, value]) =>
          codeName.test(name) &&
          ((typeof value === 'string' && codeValue.test(value)) ||
            (typeof value === 'number' && value !== status)),
      )
  return [
    ...own.map(([name, value]) => ({ path: [...path, name], value, isListed })),
    ...steps.flatMap(([name, value]) =>
      codesOf(value, status, isList ? path : [...path, name], isListed || isList),
    ),
  ]
}

/** Whether a value names the kind, rather than a class of errors that others share. */
const isAboutKeys = ({ value }: Code) => /idempot|key|progress|concurren|duplicat|conflict/i.test(`${value}`)

/** Whether an answer is of the kind that a pattern describes. */
export function matches(pattern: AnswerPattern, answer: ProbeAnswer): boolean {
  return matchesPattern(pattern, answer as unknown as Answer)
}

/** Finds what tells an answer from `others`, which mean something else, and from a success of the same server. */
export function findSign(
  { answer, echoes }: Exchange & { readonly answer: ProbeAnswer },
  others: readonly ProbeAnswer[],
  success: ProbeAnswer | undefined,
): AnswerSign {
  const { status, json, headers } = answer
  const rivals = others.filter((other) => other.status === status)
  const isEcho = (value: string) => echoes.some((echo) => value.includes(echo))
  const tells = (pattern: AnswerPattern) =>
    matches(pattern, answer) && !rivals.some((rival) => matches(pattern, rival))

  const codes = codesOf(json, status).filter(({ value }) => !isEcho(`${value}`))
  for (const code of [...codes.filter(isAboutKeys), ...codes.filter((code) => !isAboutKeys(code))]) {
    const usual = { status, code: `${code.value}` }
    if (tells(usual)) return { pattern: usual, isAmbiguous: false }
    const exact = { ...usual, field: code.path.join('.') }
    if (!code.isListed && tells(exact)) return { pattern: exact, isAmbiguous: false }
  }
  for (const [name, value] of headers) {
    const pattern = { status, header: { header: name, value } }
    const isOwn = success?.headers.get(name) !== value
    if (signHeader.test(name) && isOwn && !isEcho(value) && tells(pattern))
      return { pattern, isAmbiguous: false }
  }
  return { pattern: { status }, isAmbiguous: rivals.length > 0 }
}
