type Method = (this: unknown, ...values: unknown[]) => unknown

/**
 * Makes every method of an object work without it: `const { create } = client`. The method itself is looked up at each call,
 * so that one that a test or a subclass puts in its place is called. Nothing of it is enumerable.
 */
export function bindMethods(target: object): void {
  const prototype = Object.getPrototypeOf(target) as object
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const isMethod = typeof Object.getOwnPropertyDescriptor(at, name)?.value === 'function'
      if (!isMethod || name === 'constructor' || Object.hasOwn(target, name)) continue
      Object.defineProperty(target, name, {
        value: (...values: unknown[]) =>
          (Reflect.get(prototype, name, target) as Method).apply(target, values),
        configurable: true,
        writable: true,
      })
    }
  }
}
