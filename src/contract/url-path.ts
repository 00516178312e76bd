/** The path of a URL, absolute or relative, without query and fragment. */
export function pathOf(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, '')
}
