import { build } from 'esbuild'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'

/** A server of pages, and of the writes that they send. It executes each key once. */
export interface Site {
  readonly origin: string
  /** How often each body was executed. */
  readonly executed: ReadonlyMap<string, number>
  readonly keys: readonly string[]
  /** What becomes of the answer to a write, by the number of the request. */
  fate: (request: number) => 'answer' | 'lose' | 'hold'
  /** After how many milliseconds a page is loaded anew, `0` for not at all. */
  delayOf: (load: number) => number
  /** What the page has found. */
  readonly result: Promise<unknown>
  close(): void
}

export async function startSite(): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    tsconfig: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
    bundle: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  const script = outputFiles[0]?.text ?? ''
  const executed = new Map<string, number>()
  const kept = new Map<string, string>()
  const keys: string[] = []
  let waiting: { readonly count: number; readonly response: ServerResponse }[] = []
  let tell!: (result: unknown) => void
  let fail!: (error: Error) => void
  const result = new Promise<unknown>((resolve, reject) => ([tell, fail] = [resolve, reject]))

  const write = (key: string, body: string, response: ServerResponse) => {
    keys.push(key)
    const known = kept.get(key)
    if (known === undefined) {
      executed.set(body, (executed.get(body) ?? 0) + 1)
      kept.set(key, `made ${body}`)
    }
    for (const one of waiting.filter(({ count }) => count <= keys.length)) one.response.end()
    waiting = waiting.filter(({ count }) => count > keys.length)
    const fate = site.fate(keys.length)
    if (fate === 'lose') response.destroy()
    if (fate !== 'answer') return
    response.writeHead(201, known === undefined ? {} : { 'idempotent-replayed': 'true' })
    response.end(kept.get(key))
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://site')
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      if (pathname === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(html)
      else if (pathname === '/page.js')
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
      else if (pathname === '/delay') response.end(String(site.delayOf(Number(searchParams.get('load')))))
      else if (pathname === '/received') {
        const count = Number(searchParams.get('count'))
        if (keys.length >= count) response.end()
        else waiting.push({ count, response })
      } else if (pathname === '/result') {
        response.end()
        const told = JSON.parse(body) as { result?: unknown; error?: string }
        if (told.error === undefined) tell(told.result)
        else fail(new Error(`in the page: ${told.error}`))
      } else write(String(request.headers['idempotency-key']), body, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const site: Site = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    executed,
    keys,
    fate: () => 'answer',
    delayOf: () => 0,
    result,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return site
}
