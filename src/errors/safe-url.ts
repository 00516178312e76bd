/**
 * A target as it may be shown: without user info, query and fragment, which can hold secrets, however the URL is written.
 * A relative one stays relative.
 */
export function safeUrl(url: string): string {
  if (!/[?#@\\\t\n\r ]/.test(url)) return url
  try {
    const { protocol, host, pathname } = new URL(url)
    if (host !== '') return `${protocol}//${host}${pathname}`
  } catch {
    // One that only the wrapped fetch can complete, or nobody.
  }
  return url.replace(/[?#].*$/s, '').replace(/^([a-z][\w+.-]*:)?([\\/]*)[^\\/]*@/i, '$1$2')
}

/** A text in which every URL is shown without what may be secret, such as the message of an error of the runtime. */
export function withSafeUrls(text: string): string {
  return text.replace(/\b[a-z][a-z\d+.-]*:[\\/]{1,}[^\s'"<>`]*/gi, safeUrl)
}
