const uuidv7Form = /^[\da-f]{8}-?[\da-f]{4}-?7[\da-f]{3}-?[89ab][\da-f]{3}-?[\da-f]{12}$/i

/**
 * Reads the time at which a UUIDv7 was made, in milliseconds since the epoch, or `undefined` for any other key.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9562#section-5.7 | RFC 9562, section 5.7}
 */
export function readKeyTime(key: string): number | undefined {
  return uuidv7Form.test(key) ? parseInt(key.replace('-', '').slice(0, 12), 16) : undefined
}
