import type { CommandLine } from '../../src/bin/command-line.js'
import { runCommand } from '../../src/bin/run-command.js'

/** What a command came to. */
export interface Ran {
  readonly code: number
  readonly printed: string
  readonly reported: string
  /** Files that it wrote. */
  readonly files: ReadonlyMap<string, string>
}

/** Runs a command without a process. */
export async function run(
  args: readonly string[],
  line: Partial<CommandLine> = {},
  files = new Map<string, string>(),
): Promise<Ran> {
  let [printed, reported] = ['', '']
  const code = await runCommand(args, {
    print: (text) => void (printed += text),
    report: (text) => void (reported += text),
    hasColours: false,
    hasSpinner: false,
    env: {},
    async readText(path) {
      const text = files.get(path)
      if (text === undefined)
        throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' })
      return text
    },
    writeText: async (path, text) => void files.set(path, text),
    signal: new AbortController().signal,
    ...line,
  })
  return { code, printed, reported, files }
}
