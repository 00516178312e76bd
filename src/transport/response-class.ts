import { webClass } from './web-shapes.js'

/** The prototype of the class that stands at the ground of a response's own one, such as `Response.prototype`. */
export function basePrototypeOf(response: Response): object {
  let base = (Object.getPrototypeOf(response) ?? Object.prototype) as object
  for (
    let at: object | null = base;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    if (Object.hasOwn(at, Symbol.toStringTag)) base = at
  return base
}

/** A response of the same class with another body, or of the runtime's own class where that one takes none. */
export function constructLike(original: Response, body: unknown, init: ResponseInit): Response {
  const native = webClass('Response')
  const own = (basePrototypeOf(original) as { constructor?: unknown }).constructor
  const classes = typeof own === 'function' && own !== Object ? [own as typeof Response, native] : [native]
  for (const [index, Made] of classes.entries()) {
    try {
      return new Made(body as BodyInit, init)
    } catch (error) {
      if (index === classes.length - 1) throw error
    }
  }
  throw new TypeError('no class of responses')
}
