/** What the placeholders of a template stand for in one write. */
export interface TemplateValues {
  /** `{{unique}}`: letters and digits that no other write of this run has. */
  readonly unique: string
  /** `{{uuid}}`: a random UUID, another one in each write. */
  readonly uuid: string
}

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** Says in words what is wrong with a template, `undefined` when nothing is. */
export function findTemplateProblem(template: string): string | undefined {
  for (const [, name = ''] of template.matchAll(placeholder))
    if (name !== 'unique' && name !== 'uuid')
      return `it has a placeholder {{${name.slice(0, 40)}}}; there are {{unique}} and {{uuid}}`
  return undefined
}

/** Whether two writes made from this template differ. */
export function isVaried(template: string): boolean {
  return template.search(placeholder) !== -1
}

/** The template with its placeholders filled in. Both values are safe inside JSON, a form and a URL. */
export function fillTemplate(template: string, values: TemplateValues): string {
  return template.replace(placeholder, (_, name: keyof TemplateValues) => values[name])
}

/** The `Content-Type` that a body made from this template has, where the caller gives none. */
export function guessContentType(template: string): string {
  if (/^\s*[[{]/.test(template)) return 'application/json'
  return /^[^\s=&]+=[^\s&]*(?:&[^\s=&]+=[^\s&]*)*$/.test(template)
    ? 'application/x-www-form-urlencoded'
    : 'text/plain;charset=UTF-8'
}

/** A body in a few words: its size and the names of its fields, never their values. */
export function describeBody(template: string): string {
  const size = `${new TextEncoder().encode(template).length} bytes`
  const kind = guessContentType(template)
  if (kind === 'application/x-www-form-urlencoded')
    return `${size}, a form with ${[...new Set(new URLSearchParams(template).keys())].join(', ')}`
  if (kind !== 'application/json') return `${size} of text`
  try {
    const value: unknown = JSON.parse(template)
    return Array.isArray(value)
      ? `${size}, a JSON array`
      : `${size}, JSON with ${Object.keys(value as object).join(', ') || 'no fields'}`
  } catch {
    return `${size}, JSON once it is filled in`
  }
}
