import type { ProbeSettings } from './check-probe-options.js'

/** Headers whose values are no secrets. */
const open = new Set(['accept', 'accept-language', 'content-type', 'user-agent'])

/** The parts of the caller's input that must not be printed, wherever a server may echo them. */
export function listSecrets({
  headers,
  otherUser,
  url,
}: Pick<ProbeSettings, 'headers' | 'otherUser' | 'url'>): readonly string[] {
  const values = [...headers, ...(otherUser ?? [])]
    .filter(([name]) => !open.has(name))
    .map(([, value]) => value)
  const parts = [
    ...values.flatMap((value) => [value, ...value.split(/[\s,;=]+/)]),
    ...url.searchParams.values(),
  ]
  return [...new Set(parts)]
    .filter((part) => part.length >= 6)
    .toSorted((one, other) => other.length - one.length)
}

/** A text of the server's as it may be printed: without secrets, without control characters. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text)
  // A server must not steer the reader's terminal, nor turn its text around.
  return hidden.replace(/[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '?')
}
