/** What a path segment names: a resource, one of its links, either of them, or anything else. */
export type IdKind = 'resource' | 'qurl' | 'either' | 'other'

/** How often a value is percent-decoded, as the servers between here and the service may do. */
const maxRounds = 3
const maxLength = 4096

/** Decodes what can be decoded: one malformed escape must not hide the rest. */
const decodePercent = (text: string): string =>
  text.replace(/(?:%[\da-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })

/** A value and what it becomes when it is percent-decoded again and again. */
function formsOf(value: string): string[] {
  const forms = [value]
  for (let round = 0; round < maxRounds; round += 1) {
    const last = forms[forms.length - 1] as string
    const decoded = decodePercent(last)
    if (decoded === last) break
    forms.push(decoded)
  }
  return forms
}

const delimitedToken = /[^\w.-]at_/i
const bareToken = /^at_/i
/** API keys, webhook secrets, and access codes themselves, whose ids begin with `acd_`. */
const otherSecret = /^(?:bearer\s|lv_(?:live|test)_|whsec_|ac_)/i
/** With a scheme, or a host before a slash. */
const url = /^https?:|:\/\/|^[^\s/?#]+\.[^\s/?#]+[\\/]/i

function findProblemOf(form: string, kind: IdKind): string | undefined {
  if (form === '.' || form === '..') return 'must not be "." or ".."'
  if (delimitedToken.test(form) || (kind !== 'other' && bareToken.test(form)))
    return 'holds an access token, which is a secret and no id; enterPortal opens links'
  if (otherSecret.test(form))
    return 'is a secret and no id: an API key, an access code or the secret of a webhook'
  if (url.test(form)) return 'is a URL and no id'
  if (kind === 'resource' && form.startsWith('q_'))
    return 'names one link and no resource (got one that starts with "q_"); revokeResourceQurl revokes one link'
  return undefined
}

/**
 * Says what is wrong with an id, or nothing. Ids are opaque; what is refused are links and access tokens, which are secrets
 * and would stand in logs as part of a URL, and what a URL parser would resolve into a call on the parent. The text never
 * shows the value.
 */
export function findIdProblem(value: string, kind: IdKind): string | undefined {
  if (value.trim() === '') return 'must not be empty'
  if (value.trim() !== value) return 'must not have surrounding whitespace'
  if (value.length > maxLength) return `must have at most ${maxLength} characters`
  for (const form of formsOf(value)) {
    const problem = findProblemOf(form.trim(), kind)
    if (problem !== undefined) return problem
  }
  return undefined
}
