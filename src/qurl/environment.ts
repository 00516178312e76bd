/** What the environment says where the options of a client do not: the variables that the service's CLI reads, too. */
export interface Environment {
  readonly apiKey: string | undefined
  readonly baseUrl: string | undefined
}

/** Reads the environment. Browsers and some workers have none; Deno may refuse it without `--allow-env`. */
export function readEnvironment(): Environment {
  return { apiKey: readVariable('QURL_API_KEY'), baseUrl: readVariable('QURL_ENDPOINT') }
}

function readVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  try {
    return process?.env?.[name]?.trim() || undefined
  } catch {
    return undefined
  }
}
