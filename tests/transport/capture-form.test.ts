import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeForm } from '../../src/transport/capture-form.js'

/** A form of a class that the runtime does not know, with the entries of a real one. */
function foreign(fill: (form: FormData) => void): FormData {
  const form = new FormData()
  fill(form)
  return { entries: () => form.entries(), append: () => undefined, getAll: () => [] } as unknown as FormData
}

/** What a form holds when it is read back by the runtime. */
async function readBack({ bytes, type }: { bytes: Uint8Array; type: string }) {
  const form = await new Response(bytes as BodyInit, { headers: { 'content-type': type } }).formData()
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string' ? [name, value] : [name, value.name, value.type, await value.text()],
    ),
  )
}

describe('a form of a class that the runtime does not know', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('is written out whole, in order', async () => {
    const written = await writeForm(
      foreign((form) => {
        form.append('a', 'one')
        form.append('file', new File(['{}'], 'a.json', { type: 'application/json' }))
        form.append('a', 'ö\nthree')
        form.append('blob', new Blob(['x']))
        form.append('empty', '')
      }),
    )
    expect(await readBack(written)).toEqual([
      ['a', 'one'],
      ['file', 'a.json', 'application/json', '{}'],
      ['a', 'ö\r\nthree'],
      ['blob', 'blob', 'application/octet-stream', 'x'],
      ['empty', ''],
    ])
  })

  it('cannot break out of a name', async () => {
    const { bytes } = await writeForm(
      foreign((form) => {
        form.append('a"\r\nx-evil: 1', 'v')
        form.append('f', new File([''], 'b".txt\r\nx-evil: 1'))
      }),
    )
    const text = Buffer.from(bytes).toString()
    expect(text).not.toMatch(/^x-evil/m)
    expect(text).toContain('name="a%22%0D%0Ax-evil: 1"')
    expect(text).toContain('filename="b%22.txt%0D%0Ax-evil: 1"')
  })

  it('is the same bytes each time, whose boundary stands in no part', async () => {
    const make = () => foreign((form) => form.append('a', '------formdata-0 and ----formdata-0-0'))
    const [one, other] = [await writeForm(make()), await writeForm(make())]
    expect(other).toEqual(one)
    expect(one.type).toBe('multipart/form-data; boundary=----formdata-0-0-0')
    expect(await readBack(one)).toEqual([['a', '------formdata-0 and ----formdata-0-0']])
  })

  it('needs no TextEncoder, which the jsdom of Jest does not have', async () => {
    vi.stubGlobal('TextEncoder', undefined)
    const written = await writeForm(foreign((form) => form.append('a', 'ö')))
    vi.unstubAllGlobals()
    expect(await readBack(written)).toEqual([['a', 'ö']])
  })

  it('of the runtime is written by the runtime', async () => {
    const form = new FormData()
    form.append('a', 'b')
    expect((await writeForm(form)).type).not.toContain('boundary=----formdata;')
    expect(await readBack(await writeForm(form))).toEqual([['a', 'b']])
  })
})
