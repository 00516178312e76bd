/**
 * A callback that has to answer at once. A promise is no answer, and would count as "yes"; nobody waits for what it rejects with,
 * which would end the process.
 *
 * @throws the returned function: `TypeError` that names the callback, where that gives a promise.
 */
export function syncCallback<Given extends readonly unknown[], Result>(
  name: string,
  callback: (...given: Given) => Result,
): (...given: Given) => Result {
  return (...given) => {
    const answer = callback(...given)
    const { then } = Object(answer) as Partial<PromiseLike<unknown>>
    if (typeof then !== 'function') return answer
    then.call(answer, undefined, () => undefined)
    throw new TypeError(`${name} must not be async`)
  }
}
