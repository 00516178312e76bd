import { isRecord } from './validate.js'

/** Fields of a request's body that are secrets. */
const secretFields: readonly string[] = ['access_token', 'code', 'mint_capability']

/** A shorter text may stand in a message by chance. */
const minLength = 8

/** Takes secrets out of a text. */
export const hide = (text: string, secrets: readonly unknown[]): string =>
  secrets.reduce<string>(
    (shown, secret) =>
      typeof secret === 'string' && secret.length >= minLength ? shown.replaceAll(secret, '***') : shown,
    text,
  )

/** The secrets that a request carries: a service that repeats one in an error must not put it in ours. */
export function secretsOf(headers: Readonly<Record<string, string>>, body: unknown): unknown[] {
  const credential = headers['Authorization']?.replace(/^\S+ /, '')
  return [credential, ...(isRecord(body) ? secretFields.map((name) => body[name]) : [])]
}
