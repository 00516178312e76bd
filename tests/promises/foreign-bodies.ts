import { runInNewContext } from 'node:vm'

/** Bodies of classes that are not those of this realm: what they are, how one is made, and what has to arrive. */
export function findForeignBodies(): [name: string, make: () => unknown, sent: string][] {
  const bytesOf = (text: string) => Array.from(new TextEncoder().encode(text))
  const elsewhere = (code: string, text: string) => runInNewContext(code, { codes: bytesOf(text) }) as unknown
  return [
    ['a Uint8Array of another realm', () => elsewhere('Uint8Array.from(codes)', 'typed'), 'typed'],
    ['an ArrayBuffer of another realm', () => elsewhere('Uint8Array.from(codes).buffer', 'buffer'), 'buffer'],
    [
      'a DataView of another realm',
      () => elsewhere('new DataView(Uint8Array.from(codes).buffer)', 'view'),
      'view',
    ],
    ['a Buffer', () => Buffer.from('buffered'), 'buffered'],
  ]
}
