import { UsageError, exitCodes, type CommandLine } from './command-line.js'
import { help } from './help.js'
import { runProbe } from './run-probe.js'

/** Runs one command and gives its exit code. Nothing is thrown: what goes wrong is told. */
export async function runCommand(args: readonly string[], line: CommandLine): Promise<number> {
  const [command, ...rest] = args
  if (args.length === 0 || command === 'help' || args.includes('--help') || args.includes('-h')) {
    line.print(help)
    return args.length === 0 ? exitCodes.usage : 0
  }
  try {
    if (command !== 'probe') throw new UsageError(`there is no command "${command}"; there is: probe <url>`)
    return await runProbe(rest, line)
  } catch (error) {
    if (!isUserError(error)) throw error
    line.report(`fetch-idempotency: ${error.message}\nTry: fetch-idempotency --help\n`)
    return exitCodes.usage
  }
}

/** What the user can mend: the command line, or a file, whose errors have a code. */
function isUserError(error: unknown): error is Error {
  return error instanceof UsageError || typeof (error as { code?: unknown } | undefined)?.code === 'string'
}
