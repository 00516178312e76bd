import { readKeyScope } from '../contract/key-scope.js'
import type { Contract } from '../contract/server-contract.js'
import { pathOf } from '../contract/url-path.js'
import { toResponse } from './fake-response.js'
import type { FakeAnswer, SeenRequest } from './fault.js'

/** Does the work of one request. */
export type Work = (request: SeenRequest) => Response | Promise<Response>

/** How a server that keeps keys behaves. */
export interface KeyedServiceOptions {
  /** Where the key travels, how long it is kept, and how a replay is marked. @defaultValue `standard` */
  readonly contract?: Contract | undefined
  /**
   * Does the work, once per key.
   *
   * @defaultValue a write is answered 201 with the JSON that was sent and an `id`, a read 200 with `{}`
   */
  readonly work?: Work | undefined
  /** What a repeated key gets in place of the first answer, in the words of your server. */
  readonly answers?: RepeatAnswers | undefined
  /** The time by which keys are forgotten, in milliseconds since the epoch. @defaultValue keys are kept for ever */
  readonly now?: (() => number) | undefined
}

/** Answers to a key that the server knows. */
export interface RepeatAnswers {
  /** While the first request is worked on. @defaultValue the repetition waits for the first answer */
  readonly running?: FakeAnswer | undefined
  /** When the work is done. @defaultValue the first answer again, with the contract's replay marker */
  readonly duplicate?: FakeAnswer | undefined
  /** Under another payload. @defaultValue 422 */
  readonly reused?: FakeAnswer | undefined
}

/** A server without a network. */
export interface KeyedService {
  /** The writes that were executed, in order: one that stands here twice was done twice. */
  readonly executions: readonly SeenRequest[]
  answer(request: SeenRequest): Promise<Response>
}

interface KeptAnswer {
  readonly payload: string
  readonly keptSinceMs: number
  isRunning: boolean
  readonly first: Promise<StoredAnswer>
}

interface StoredAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: ArrayBuffer
}

const isRead = (method: string) => /^(?:GET|HEAD|OPTIONS)$/.test(method)

/** Does each write once per key, as a server under this contract does, and gives its answer again. */
export function createKeyedService(contract: Contract, options: KeyedServiceOptions): KeyedService {
  const { work = createThings(), answers = {}, now = () => 0 } = options
  const kept = new Map<string, KeptAnswer>()
  const executions: SeenRequest[] = []

  const execute = async (request: SeenRequest): Promise<Response> => {
    if (!isRead(request.method)) executions.push(request)
    return work(request)
  }

  const begin = (name: string, payload: string, request: SeenRequest): KeptAnswer => {
    const first = execute(request).then(store)
    const entry: KeptAnswer = { payload, keptSinceMs: now(), isRunning: true, first }
    kept.set(name, entry)
    first.then(
      ({ status }) => {
        entry.isRunning = false
        if (!isKept(contract, status)) kept.delete(name)
      },
      () => kept.delete(name),
    )
    return entry
  }

  const answer = async (request: SeenRequest): Promise<Response> => {
    const { key, method, url, headers, body } = request
    if (key === undefined || isRead(method) || !contract.honoursKey({ method, url: withoutQuery(url) }))
      return execute(request)
    const target = contract.keyPerTarget ? `${method} ${pathOf(url)}` : ''
    const name = JSON.stringify([key, target, readKeyScope(contract, (header) => headers.get(header))])
    const payload = `${method} ${url}\n${body}`
    const known = kept.get(name)
    if (known === undefined || now() - known.keptSinceMs > contract.keyTtlMs)
      return restore(await begin(name, payload, request).first)
    if (known.payload !== payload) return toResponse(answers.reused ?? keyReused)
    if (known.isRunning && answers.running !== undefined) return toResponse(answers.running)
    const first = await known.first
    if (!isKept(contract, first.status)) return answer(request)
    return answers.duplicate === undefined ? replay(contract, first) : toResponse(answers.duplicate)
  }
  return { executions, answer }
}

/** A refusal that says "not yet" is of no worth to keep, nor is a failure where the contract says so. */
function isKept({ keepsFailures = 'client-errors' }: Contract, status: number): boolean {
  if (status < 400) return true
  if (status === 408 || status === 425 || status === 429 || keepsFailures === 'none') return false
  return status < 500 || keepsFailures === 'all'
}

async function store(response: Response): Promise<StoredAnswer> {
  const { status, headers } = response
  return { status, headers, bytes: await response.arrayBuffer() }
}

function restore({ status, headers, bytes }: StoredAnswer): Response {
  return new Response(bytes.byteLength === 0 ? null : bytes.slice(0), { status, headers })
}

function replay({ replayMarkers: [marker] }: Contract, first: StoredAnswer): Response {
  const response = restore(first)
  if (marker !== undefined) response.headers.set(marker.header, marker.value ?? 'true')
  return response
}

const withoutQuery = (url: string) => url.replace(/[?#].*$/s, '')

const keyReused: FakeAnswer = { status: 422, body: { error: 'this key names another write' } }

/** Answers a write with what was sent and an id. */
function createThings(): Work {
  let made = 0
  return ({ method, body }) => {
    if (isRead(method)) return Response.json({})
    made += 1
    return Response.json({ id: made, ...fieldsOf(body) }, { status: 201 })
  }
}

function fieldsOf(body: string): object {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}
