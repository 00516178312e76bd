/** One request as the fake server saw it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly key: string | undefined
  readonly body: string
  readonly headers: Headers
}

export interface FakeServer {
  readonly fetch: typeof globalThis.fetch
  readonly seen: readonly SeenRequest[]
  /** Number of things made. */
  readonly made: number
}

type Answer = Response | 'hang' | Error

/** A server in memory that keeps each first answer under its key, unless `answer` says something else. */
export function createFakeServer(
  answer: (request: SeenRequest, number: number) => Answer | undefined = () => undefined,
): FakeServer {
  const seen: SeenRequest[] = []
  const kept = new Map<string, string>()
  let made = 0
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { signal } = init ?? {}
    signal?.throwIfAborted()
    const headers = new Headers(init?.headers)
    const request: SeenRequest = {
      method: init?.method ?? 'GET',
      url: String(input),
      key: headers.get('idempotency-key') ?? undefined,
      body: String(init?.body ?? ''),
      headers,
    }
    seen.push(request)
    const said = answer(request, seen.length)
    if (said instanceof Error) throw said
    if (said === 'hang')
      return new Promise((_, reject) => {
        if (signal?.aborted) reject(signal.reason)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    if (said !== undefined) return said
    const known = request.key === undefined ? undefined : kept.get(request.key)
    if (known !== undefined)
      return new Response(known, { status: 201, headers: { 'idempotent-replayed': 'true' } })
    made += 1
    const text = JSON.stringify({ id: `thing-${made}` })
    if (request.key !== undefined) kept.set(request.key, text)
    return new Response(text, { status: 201 })
  }
  return {
    fetch,
    seen,
    get made() {
      return made
    },
  }
}

/** A clock on which every wait passes at once. */
export function createQuickClock(nowMs = 1_800_000_000_000) {
  const waits: number[] = []
  return {
    waits,
    now: () => nowMs,
    async sleep(ms: number, signal?: AbortSignal) {
      signal?.throwIfAborted()
      waits.push(ms)
      nowMs += ms
    },
  }
}
