import type { Executions } from '../servers/executions.js'
import type { PeerBody, Service } from './peer.js'

/** Documents with entity tags and no keys: `PUT` and `PATCH /{id}` honour `If-Match` and `If-None-Match: *`. */
export function documents(executions: Executions): Service {
  const stored = new Map<string, { body: PeerBody; version: number }>()
  return async ({ method, path, headers, body }) => {
    const known = stored.get(path)
    const tag = known && `"v${known.version}"`
    if (method === 'GET')
      return known ? { status: 200, headers: { etag: tag! }, body: known.body } : { status: 404 }
    if (method === 'DELETE') {
      if (known) await executions.run(`delete ${path}`)
      return { status: stored.delete(path) ? 204 : 404 }
    }
    const matches = headers['if-match'] === undefined || headers['if-match'] === tag
    const isFree = headers['if-none-match'] !== '*' || !known
    if (!matches || !isFree) return { status: 412 }
    await executions.run(body.item)
    const version = (known?.version ?? 0) + 1
    stored.set(path, { body, version })
    return { status: known ? 200 : 201, headers: { etag: `"v${version}"` }, body }
  }
}
