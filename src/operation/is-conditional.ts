/**
 * Whether a precondition keeps a PUT or PATCH from being executed twice: the first execution changes what it asks for, so
 * that the second is refused with a 412. That is sure for one strong tag: `*` and a list may still match, and a weak tag
 * matches nothing.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1 | RFC 9110, section 13.1}
 */
export function isConditional(
  method: string,
  readHeader: (name: string) => string | null | undefined,
): boolean {
  if (!/^(?:PUT|PATCH)$/i.test(method)) return false
  return /^"[^"]*"$/.test(readHeader('if-match')?.trim() ?? '') || readHeader('if-none-match')?.trim() === '*'
}
