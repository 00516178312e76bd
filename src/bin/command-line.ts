/** What the process gives a command, so that tests run it without one. */
export interface CommandLine {
  /** Writes to the standard output. */
  readonly print: (text: string) => void
  /** Writes to the standard error output. */
  readonly report: (text: string) => void
  /** The standard output is a terminal. */
  readonly hasColours: boolean
  /** The standard error output is a terminal. */
  readonly hasSpinner: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readText: (path: string) => Promise<string>
  readonly writeText: (path: string, text: string) => Promise<void>
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** A command line that cannot be run as it is; its message is all that is told. */
export class UsageError extends Error {}

/** Exit codes, for scripts and CI. */
export const exitCodes = {
  /** Keys are honoured, and nothing dangerous was seen. */
  kept: 0,
  /** Something dangerous was seen: ignored keys, a race, a locked key, a foreign answer. */
  danger: 1,
  /** The command line cannot be run as it is. */
  usage: 2,
  /** It ended early: 401, 403, 429, a redirect, a first write or a count that failed. */
  stopped: 3,
  /** Without `--yes` nothing is sent, and nothing is known. */
  planned: 4,
  /** The answers do not tell. */
  unclear: 5,
  /** Ctrl-C. */
  interrupted: 130,
} as const
