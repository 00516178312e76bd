import { uuidv4, uuidv7 } from 'uuidv7'

/** Makes a new key: a UUIDv7, 36 characters, unique and ordered by the time it was made. */
export function generateKey(): string {
  return uuidv7()
}

/** Makes a new key of 32 lower-case hex digits: a UUIDv7 for servers that have no room for its dashes. */
export function generateHexKey(): string {
  return uuidv7().replaceAll('-', '')
}

/** Makes a new key that is a random UUID (version 4), for servers that take no other. */
export function generateRandomKey(): string {
  return uuidv4()
}
