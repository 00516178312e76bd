/** The mark of a class that its guard looks for, the same in every copy of this package. */
export const brandOf = (name: string): symbol => Symbol.for(`fetch-idempotency/qurl/${name}`)

/** Gives a class its literal name and the brand its guard reads, also across copies of this package. */
export function brand(prototype: object, name: string): void {
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(prototype, brandOf(name), { value: true })
}
