import { describe, expect, it, vi } from 'vitest'
import { plainFetch } from '../../../src/qurl/plain-fetch.js'

const url = 'https://api.example/v1/qurls'
const answering = (response: Response) => vi.fn<typeof fetch>(async () => response)

describe('plainFetch', () => {
  it('calls with a URL string and plain options', async () => {
    const send = answering(new Response('{}'))
    const headers = {
      authorization: 'Bearer x',
      'idempotency-key': 'job-1',
      'content-type': 'application/json',
      'x-own': '1',
    }
    const request = new Request(url, { method: 'POST', headers, body: '{"a":1}' })
    await plainFetch(send)(request)
    expect(send).toHaveBeenCalledExactlyOnceWith(url, {
      method: 'POST',
      headers: {
        Authorization: 'Bearer x',
        'Content-Type': 'application/json',
        'Idempotency-Key': 'job-1',
        'x-own': '1',
      },
      body: '{"a":1}',
      signal: request.signal,
      redirect: 'manual',
    })
  })

  it('has no body where there is none', async () => {
    const send = answering(new Response('{}'))
    await plainFetch(send)(new Request(url))
    await plainFetch(send)(new Request(url, { method: 'POST' }))
    for (const [, init] of send.mock.calls) expect(init).not.toHaveProperty('body')
  })

  it('ends with the signal of the request', async () => {
    const controller = new AbortController()
    const send = vi.fn<typeof fetch>(
      (_, init) =>
        new Promise((_, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        }),
    )
    const sent = plainFetch(send)(new Request(url, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
  })

  it('hands over an answer as it is', async () => {
    const response = new Response('{}', { status: 404 })
    expect(await plainFetch(answering(response))(new Request(url, { method: 'POST' }))).toBe(response)
  })

  it.each([
    ['a redirect that the browser hides', { type: 'opaqueredirect', status: 0 }],
    ['a redirect that was followed all the same', { redirected: true }],
  ])('shows %s as one', async (_, facts) => {
    const response = new Response('{"data":{}}')
    for (const [name, value] of Object.entries(facts)) Object.defineProperty(response, name, { value })
    const shown = await plainFetch(answering(response))(new Request(url))
    expect(shown.status).toBe(302)
    expect(await shown.text()).toBe('')
  })
})
