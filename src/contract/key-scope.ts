import type { Contract } from './server-contract.js'

/**
 * The values of the headers that the server makes part of the key, as one text to compare; empty where the contract names none.
 * Two attempts whose texts differ are two writes to the server, although they carry the same key. `read` is given a name in lower
 * case.
 */
export function readKeyScope(
  { keyScope }: Pick<Contract, 'keyScope'>,
  read: (name: string) => string | null | undefined,
): string {
  return keyScope.length === 0 ? '' : JSON.stringify(keyScope.map((name) => read(name) ?? null))
}
