/** What a server accepts as a key. */
export interface KeyRules {
  /** Fewest characters. @defaultValue `1` */
  readonly minLength: number
  /** Most characters. @defaultValue `255` */
  readonly maxLength: number
  /** What the whole key must match, when printable ASCII is not strict enough. */
  readonly pattern?: RegExp | undefined
}

/** Visible ASCII, with spaces only inside: HTTP trims the edges of a header, which would change the key on the wire. */
const printable = /^[!-~](?:[ -~]*[!-~])?$/

/** Says in words why a key cannot be used, or `undefined` when it can. The key itself is not repeated. */
export function findKeyProblem(key: unknown, rules: KeyRules): string | undefined {
  if (typeof key !== 'string') return `it is ${key === null ? 'null' : `of type ${typeof key}`}, not a string`
  if (key === '') return 'it is empty'
  if (!printable.test(key)) return 'it is not printable ASCII without spaces at its edges'
  if (key.length < rules.minLength || key.length > rules.maxLength)
    return `it has ${key.length} characters, not ${rules.minLength} to ${rules.maxLength}`
  if (rules.pattern?.test(key) === false) return `it does not match ${rules.pattern}`
  return undefined
}
