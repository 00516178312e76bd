import type { ResolvedOptions } from './options.js'
import type { Send } from './send.js'

export function createSend(_options: ResolvedOptions): Send {
  return () => Promise.reject(new Error('not there yet'))
}
