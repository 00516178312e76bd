import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Two servers in memory for the documentation. `sandbox.example.com` keeps keys, says 409 while it works and 422 to another
 * body; `legacy.example.com` has never heard of keys. Both take orders, list and delete them.
 */
export function createSandbox(): typeof globalThis.fetch {
  const orders = new Map<string, string>()
  const kept = new Map<string, { readonly body: string; answer?: string }>()
  let number = 0

  const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    })

  const create = async (body: string): Promise<string> => {
    await sleep(50)
    number += 1
    const id = `order-${number}`
    orders.set(id, body)
    return JSON.stringify({ id, status: 'created' })
  }

  const write = async (body: string, key: string | null): Promise<Response> => {
    if (!body.includes('"item"')) return json(400, { code: 'item_missing' })
    if (key === null) return new Response(await create(body), { status: 201 })
    const known = kept.get(key)
    if (known && known.body !== body) return json(422, { code: 'idempotency_key_reused' })
    if (known && known.answer === undefined)
      return json(409, { code: 'request_in_progress' }, { 'retry-after': '1' })
    if (known) return new Response(known.answer, { status: 201, headers: { 'idempotency-replayed': 'true' } })
    const record: { readonly body: string; answer?: string } = { body }
    kept.set(key, record)
    record.answer = await create(body)
    return new Response(record.answer, { status: 201 })
  }

  const answer = async (url: URL, init: RequestInit): Promise<Response> => {
    const [, , id] = url.pathname.split('/')
    if (init.method === 'GET') return json(200, { total: orders.size })
    if (init.method === 'DELETE') return new Response(null, { status: orders.delete(id ?? '') ? 204 : 404 })
    if (id !== undefined) return json(404, { code: 'not_found' })
    const key = url.host.startsWith('legacy.') ? null : new Headers(init.headers).get('idempotency-key')
    return write(String(init.body), key)
  }

  return async (input, init = {}) => {
    const { signal } = init
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      // The work goes on when the client has left.
      answer(new URL(String(input)), init).then(resolve, reject)
    })
  }
}
