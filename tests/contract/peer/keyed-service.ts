import type { PeerAnswer, PeerRequest, Service } from './peer.js'

/** What the peer keeps under one key. */
export interface KeyRecord {
  readonly fingerprint: string
  readonly request: PeerRequest
  /** `undefined` while the first request runs, for ever where it crashed. */
  answer?: PeerAnswer
  /** Settles when the first request has its answer. */
  settled: Promise<void>
}

/** How one server treats keys, as its documentation tells it. */
export interface KeyedRules {
  /** The key of a request, `undefined` where it carries none, or the answer that refuses it. */
  readonly keyOf: (request: PeerRequest) => string | undefined | PeerAnswer
  /** Answer to a duplicate while the first runs. @defaultValue holds the duplicate until the first is done */
  readonly running?: (record: KeyRecord) => PeerAnswer
  /** Answer to another payload under the key. @defaultValue payloads are not compared */
  readonly reused?: (record: KeyRecord) => PeerAnswer
  /** Answer to a duplicate of a request that is done. */
  readonly replay: (first: PeerAnswer, record: KeyRecord) => PeerAnswer
  /** Which first answers are kept; the others free the key. @defaultValue all */
  readonly stores?: (answer: PeerAnswer) => boolean
  readonly work: (request: PeerRequest) => Promise<PeerAnswer>
  /** Everything else under the service's path (look-ups). */
  readonly read?: (request: PeerRequest, records: ReadonlyMap<string, KeyRecord>) => PeerAnswer | undefined
}

/** A service that runs its work once for each key, by its rules. */
export function keyedService(rules: KeyedRules): Service {
  const records = new Map<string, KeyRecord>()
  const answer = async (request: PeerRequest): Promise<PeerAnswer> => {
    if (request.method === 'GET') return rules.read?.(request, records) ?? { status: 404 }
    const key = rules.keyOf(request)
    if (typeof key === 'object') return key
    if (key === undefined) return rules.work(request)

    const fingerprint = `${request.method} ${request.path} ${request.text}`
    const known = records.get(key)
    if (known) {
      if (rules.reused && known.fingerprint !== fingerprint) return rules.reused(known)
      if (!known.answer && rules.running) return rules.running(known)
      await known.settled
      return records.get(key) === known ? rules.replay(known.answer!, known) : answer(request)
    }

    const working = rules.work(request)
    const record: KeyRecord = {
      fingerprint,
      request,
      settled: working.then((first) => {
        if (first.crashed) return
        record.answer = first
        if (rules.stores && !rules.stores(first)) records.delete(key)
      }),
    }
    records.set(key, record)
    return working
  }
  return answer
}

/** Reads the key from a header, with rules for its form. */
export function keyInHeader(name: string, form = /^[\x21-\x7e]{1,255}$/): KeyedRules['keyOf'] {
  return ({ headers }) => {
    const key = headers[name]
    if (key === undefined) return undefined
    return form.test(key) ? key : { status: 400, body: { message: `bad ${name}` } }
  }
}

export const isSuccess = ({ status }: PeerAnswer): boolean => status < 300
