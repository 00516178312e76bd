import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'

const require = createRequire(import.meta.url)

function fill(form, file) {
  form.append('a', 'b')
  form.append('file', file)
  return form
}

const text = new TextEncoder().encode('bytes')

/** Every kind of body, and the text that has to arrive. A form is told by its parts. */
export const bodies = {
  string: [() => 'text', 'text'],
  bytes: [() => text, 'bytes'],
  'bytes of another realm': [() => runInNewContext('new Uint8Array([97, 98])'), 'ab'],
  ArrayBuffer: [() => text.slice().buffer, 'bytes'],
  URLSearchParams: [() => new URLSearchParams({ a: 'b c' }), 'a=b+c'],
  Blob: [() => new Blob(['blob'], { type: 'text/csv' }), 'blob'],
  FormData: [
    () => fill(new FormData(), new File(['file'], 'a.txt')),
    ['name="a"', 'b', 'filename="a.txt"', 'file'],
  ],
  'FormData of formdata-node': [
    async () => {
      const { FormData, File } = await import('formdata-node')
      const form = new FormData()
      form.append('a', 'b')
      form.append('file', new File(['file'], 'a.txt'))
      return form
    },
    ['name="a"', 'b', 'filename="a.txt"', 'file'],
  ],
  'FormData of undici 7': [
    () => fill(new (require('undici7').FormData)(), new File(['file'], 'a.txt')),
    ['name="a"', 'b', 'filename="a.txt"', 'file'],
  ],
  'form-data': [
    () => {
      const form = new (require('form-data'))()
      form.append('a', 'b')
      form.append('file', Buffer.from('file'), 'a.txt')
      return form
    },
    ['name="a"', 'b', 'filename="a.txt"', 'file'],
  ],
  'Blob of fetch-blob': [
    async () => {
      const { Blob, default: Other } = await import('fetch-blob')
      return new (Blob ?? Other)(['blob'], { type: 'text/csv' })
    },
    'blob',
  ],
  'Node stream': [
    () => require('node:stream').Readable.from([Buffer.from('of '), Buffer.from('Node')]),
    'of Node',
  ],
}
