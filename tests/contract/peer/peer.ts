import type { ServerResponse } from 'node:http'
import { countExecutions, type Executions } from '../servers/executions.js'
import { readText, serveOnLoopback, type LoopbackServer } from '../servers/loopback.js'
import { adyen } from './adyen.js'
import { duplicate, gocardless, increase, interchecks, mangopay } from './conflicts.js'
import { documents } from './documents.js'
import { jobs } from './jobs.js'
import { dwolla, whop } from './poisoned.js'
import { acp, frozen, ignoring, shopify, silent, worldline, wrapped } from './protocols.js'
import { checkout, ietf, oasis, paypal, qurl, resend, reuse, square } from './replays.js'

/** What a test sends: the item names the effect, the rest is between test and service. */
export interface PeerBody {
  readonly item: string
  readonly [field: string]: unknown
}

export interface PeerRequest {
  readonly method: string
  /** Path behind the service's name, with its leading slash. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly body: PeerBody
}

export interface PeerAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The work died: the client gets the answer, the key stays locked. */
  readonly crashed?: boolean
}

export type Service = (request: PeerRequest) => PeerAnswer | Promise<PeerAnswer>

export interface Peer extends LoopbackServer {
  /** Number of times that the work for an item was done, over all services. */
  readonly executions: Executions
  /** `METHOD /service/path -> status` of every request, in order of their answers. */
  readonly log: readonly string[]
}

const services: Readonly<Record<string, (executions: Executions) => Service>> = {
  acp,
  adyen,
  checkout,
  documents,
  duplicate,
  dwolla,
  frozen,
  gocardless,
  ietf,
  ignoring,
  increase,
  interchecks,
  jobs,
  mangopay,
  oasis,
  paypal,
  qurl,
  resend,
  reuse,
  shopify,
  silent,
  square,
  whop,
  worldline,
  wrapped,
}

/** Starts an HTTP peer that speaks as documented by the servers that cannot be run here, one under each path prefix. */
export async function startPeer(): Promise<Peer> {
  const executions = countExecutions()
  const running = new Map(Object.entries(services).map(([name, create]) => [name, create(executions)]))
  const log: string[] = []

  const server = await serveOnLoopback(async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://peer')
    const [, name = '', ...rest] = url.pathname.split('/')
    const text = await readText(req)
    const request: PeerRequest = {
      method: req.method ?? '',
      path: `/${rest.join('/')}`,
      query: url.searchParams,
      headers: req.headers as Record<string, string>,
      text,
      body: (text ? JSON.parse(text) : {}) as PeerBody,
    }
    const answer = (await running.get(name)?.(request)) ?? { status: 404 }
    log.push(`${request.method} ${url.pathname} -> ${answer.status}`)
    send(res, answer)
  })
  return { ...server, executions, log }
}

function send(res: ServerResponse, { status, headers = {}, body }: PeerAnswer): void {
  // An interim answer and then nothing: the final one never comes.
  if (status === 102) return res.writeProcessing()
  const text = body === undefined ? '' : JSON.stringify(body)
  const length = status === 204 ? {} : { 'content-length': `${Buffer.byteLength(text)}` }
  const type = text ? { 'content-type': 'application/json' } : {}
  res.writeHead(status, { ...type, ...length, ...headers }).end(text)
}
