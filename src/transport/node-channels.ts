interface Diagnostics {
  readonly subscribe?: (name: string, listener: (message: unknown) => void) => void
}

/** Listens to a diagnostics channel of Node, where the runtime has them. */
export function subscribeIn(process: object, name: string, listener: (message: unknown) => void): void {
  const { getBuiltinModule } = process as { getBuiltinModule?: (name: string) => Diagnostics | undefined }
  getBuiltinModule?.('node:diagnostics_channel')?.subscribe?.(name, listener)
}
