import { isHeaders } from './web-shapes.js'

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : String(typeof value)
}

/**
 * What is wrong with what a fetch gave as its answer, `undefined` when nothing is. A mock that is no response is a mistake of the
 * caller's and no lost answer: to send again would not help.
 */
export function findProblem(answer: unknown): TypeError | undefined {
  const say = (what: string) => new TypeError(`the wrapped fetch must give a Response: ${what}`)
  if (typeof answer !== 'object' || answer === null) return say(`it gave ${describe(answer)}`)
  let status: unknown
  let headers: unknown
  try {
    ;({ status, headers } = answer as { status?: unknown; headers?: unknown })
  } catch (cause) {
    return new TypeError('the wrapped fetch must give a Response: what it gave cannot be read', { cause })
  }
  if (typeof status !== 'number') return say(`what it gave has no status (${describe(status)})`)
  if (!isHeaders(headers)) return say(`its headers must be a Headers, and are ${describe(headers)}`)
  return undefined
}
