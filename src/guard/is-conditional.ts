/**
 * Whether a precondition keeps a PUT or PATCH from being executed twice: the first execution changes what it asks for, so
 * that the second is refused with a 412. `If-Match: *` asks only that something is there, which the first execution
 * leaves as it is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1 | RFC 9110, section 13.1}
 */
export function isConditional(
  method: string,
  readHeader: (name: string) => string | null | undefined,
): boolean {
  if (!/^(?:PUT|PATCH)$/i.test(method)) return false
  const tag = readHeader('if-match')?.trim()
  return (tag !== undefined && tag !== '*') || readHeader('if-none-match')?.trim() === '*'
}
