import type { FetchLike } from '../transport/fetch-like.js'

type Event = readonly [progress: object, chunk: Uint8Array]

/**
 * What ky 2 would tell of the upload. Its stream is read before anything is sent: what it tells meanwhile is held back, and
 * told while an attempt is sent.
 */
export interface UploadProgress {
  /** The user's callback. */
  readonly tell: (...event: Event) => void
  /** Takes its place for one call. */
  readonly take: (...event: Event) => void
  readonly held: Event[]
  isHolding: boolean
}

export function createUploadProgress(callback: unknown): UploadProgress {
  const tell = callback as UploadProgress['tell']
  const take = (...event: Event) => void (progress.isHolding ? progress.held.push(event) : tell(...event))
  const progress: UploadProgress = { tell, take, held: [], isHolding: false }
  return progress
}

/** The body is about to be read. */
export function startHolding(progress: UploadProgress): void {
  progress.held.length = 0
  progress.isHolding = true
}

/** The body has been read; the rest of one that is too long to be kept is told of as it is sent. */
export function stopHolding(progress: UploadProgress, isSentOnce: boolean): void {
  progress.isHolding = false
  if (isSentOnce) for (const event of progress.held.splice(0)) progress.tell(...event)
}

/** The parts of a body as a stream that tells of each of them as ky does: when the next one is asked for. */
function play(events: readonly Event[], tell: UploadProgress['tell']): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const [next, last] = [events[at]?.[1], events[at - 1]]
        at += 1
        if (next?.length) controller.enqueue(next)
        if (last) tell(...last)
        if (next?.length) return
        if (next) tell(...(events[at - 1] as Event))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** A fetch that tells of the upload of each request. `whole` is the body of which ky has told. */
export function withProgress(fetch: FetchLike, { held, tell }: UploadProgress, whole: unknown): FetchLike {
  return async (url, init = {}) => {
    const { body } = init
    if (body === null || body === undefined || (body === whole && held.length === 0)) return fetch(url, init)
    let events: readonly Event[] = held
    if (body !== whole) {
      const chunk = new Uint8Array(await new Response(body).arrayBuffer())
      const { length } = chunk
      events = [[{ percent: 1, totalBytes: length, transferredBytes: length }, chunk]]
    }
    return fetch(url, { ...init, body: play(events, tell), duplex: 'half' } as RequestInit)
  }
}
