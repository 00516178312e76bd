/**
 * A target as it may be shown: without user info, query and fragment, which can hold secrets, however the URL is written.
 * A relative one stays relative.
 */
export function safeUrl(url: string): string {
  if (!/[?#@\\\t\n\r ]|^(?:blob|data):/i.test(url)) return url
  // Behind these stands no host, but anything.
  const scheme = /^\s*(blob:|data:)/i.exec(url)?.[1]
  if (scheme !== undefined) return scheme
  try {
    const { protocol, host, pathname } = new URL(url)
    if (host !== '') return `${protocol}//${host}${pathname}`
  } catch {
    // One that only the wrapped fetch can complete, or nobody.
  }
  return withoutUser(url)
}

/** What can be shown of a URL that cannot be parsed: nobody knows where its password ends, which may hold any sign. */
function withoutUser(url: string): string {
  const head = url.replace(/[?#].*$/s, '')
  const [start] = /^(?:[a-z][\w+.-]*:)?[\\/]*/i.exec(head) as RegExpExecArray & [string]
  const rest = head.slice(start.length)
  const end = rest.lastIndexOf('@')
  if (end < 0) return start.length > 1 && url.includes('@') && !/[\\/]/.test(rest) ? start : head
  // The path of a relative URL may hold an @.
  const isPath = start === '/' || /^[^:]*[\\/][^:]*$/.test(rest.slice(0, end))
  return isPath ? head : start + rest.slice(end + 1)
}

/** A text in which every URL is shown without what may be secret, such as the message of an error of the runtime. */
export function withSafeUrls(text: string): string {
  return text
    .replace(/\b(?:[a-z][a-z\d+.-]*:[\\/]|blob:|data:)[^\s'"<>`]*/gi, safeUrl)
    .replace(/[^\s'"<>`\\/@:]{0,64}:[^\s'"<>`\\/@]{1,256}@/g, '')
}
