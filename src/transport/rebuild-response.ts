import { factsTag, type Tagged } from '../operation/facts.js'
import { copyHeaders } from './capture-headers.js'
import { basePrototypeOf, constructLike } from './response-class.js'
import { webClass } from './web-shapes.js'

/** No response can be made with one of these and a body, though Chromium gives them an empty one. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** A response with another body, and everything else as the wrapped fetch gave it. */
export function rebuild(original: Response, content: unknown): Response {
  const { status, headers: given } = original
  // Those of a mock may be none that a class of responses takes.
  const headers = Symbol.iterator in given ? given : new (webClass('Headers'))(copyHeaders(given))
  const body = bodiless.has(status) ? null : content
  // A server may send a status that no response can be made with.
  const isOdd = status < 200 || status > 599
  const response = constructLike(original, body, { status: isOdd ? 500 : status, headers })
  keepClass(response, original)
  return resemble(response, original)
}

/** A class of the caller's own that stands on the same ground keeps its methods, and what was put on the response stays. */
function keepClass(response: Response, original: Response): void {
  let own = (Object.getPrototypeOf(original) ?? Object.prototype) as object
  // An overlay reaches a body that this response does not have.
  if (Object.hasOwn(own, factsTag)) own = Object.getPrototypeOf(own) as object
  if (own !== basePrototypeOf(original) && basePrototypeOf(original) === basePrototypeOf(response))
    Object.setPrototypeOf(response, own)
  for (const [name, value] of Object.entries(original))
    if (!(name in response))
      Object.defineProperty(response, name, { value, configurable: true, writable: true })
}

/** What no response can be made with, for a response and its clones. */
function resemble(response: Response, original: Response): Response {
  const { status, ok, statusText, url, redirected, type } = original
  const as = (value: unknown) => ({ value, configurable: true })
  const clone = response.clone
  return Object.defineProperties(response, {
    // Neither can one be made with every reason phrase that may arrive.
    statusText: as(statusText),
    url: as(url),
    redirected: as(redirected),
    type: as(type),
    ...(response.status !== status && { status: as(status), ok: as(ok) }),
    // A copy of a copy, too, answers for what the first one does.
    [factsTag]: { get: () => (original as Tagged)[factsTag], configurable: true },
    clone: {
      ...as(() => resemble(clone.call(response), response)),
      // As that of any response, it may be replaced.
      writable: true,
    },
  })
}
