/** A value that what is called from inside a function sees, across every `await`. */
export interface Ambient<T> {
  readonly run: <Result>(value: T, act: () => Result) => Result
  readonly get: () => T | undefined
}

interface AsyncStorage {
  run<Result>(value: unknown, act: () => Result): Result
  getStore(): unknown
}

interface AsyncHooks {
  readonly AsyncLocalStorage?: new () => AsyncStorage
}

/** `undefined` where the runtime has no `AsyncLocalStorage`, as in browsers, or does not let it be had without an import. */
export function createAmbient<T>(): Ambient<T> | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => AsyncHooks | undefined }
  }
  const hooks = process?.getBuiltinModule?.('node:async_hooks')
  if (hooks?.AsyncLocalStorage === undefined) return undefined
  const storage = new hooks.AsyncLocalStorage()
  return {
    run: (value, act) => storage.run(value, act),
    get: () => storage.getStore() as T | undefined,
  }
}
