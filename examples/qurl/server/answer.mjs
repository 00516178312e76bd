// @ts-check
import { createHash } from 'node:crypto'
import { createKeyStore } from './key-store.mjs'
import { notFound, Problem } from './problem.mjs'
import { accessRoutes } from './routes/access.mjs'
import { accountRoutes } from './routes/account.mjs'
import { apiKeyRoutes } from './routes/api-keys.mjs'
import { delegatedRoutes } from './routes/delegated.mjs'
import { domainRoutes } from './routes/domains.mjs'
import { qurlRoutes } from './routes/qurls.mjs'
import { resourceRoutes } from './routes/resources.mjs'
import { webhookRoutes } from './routes/webhooks.mjs'

/** @typedef {import('./types.js').Answer} Answer */
/** @typedef {import('./types.js').Route} Route */
/** @typedef {import('./types.js').SeenRequest} SeenRequest */

const DAY_MS = 86_400_000

/** @type {Route[]} */
const ROUTES = [
  ...qurlRoutes,
  ...resourceRoutes,
  ...accountRoutes,
  ...domainRoutes,
  ...webhookRoutes,
  ...apiKeyRoutes,
  ...accessRoutes,
  ...delegatedRoutes,
]

/**
 * Finds the route of a path. Empty segments are dropped, as lenient routers do: `/v1/resources/r_1/qurls/`
 * and `/v1/resources/r_1` with a stray slash still lead somewhere.
 *
 * @param {string} method @param {string} path
 */
function findRoute(method, path) {
  const [version, ...segments] = path.split('/').filter((segment) => segment !== '')
  if (version !== 'v1') throw notFound('path')
  const fits = ROUTES.filter((route) => {
    const wanted = route.path.split('/')
    return (
      wanted.length === segments.length && wanted.every((word, at) => word === ':' || word === segments[at])
    )
  })
  if (fits.length === 0) throw notFound('path')
  const literal = (/** @type {Route} */ route) => route.path.split('/').filter((word) => word !== ':').length
  const route = fits.filter((one) => one.method === method).toSorted((a, b) => literal(b) - literal(a))[0]
  if (!route) throw new Problem(405, 'method_not_allowed', `${method} is not possible here.`)
  const wanted = route.path.split('/')
  const params = segments.filter((_, at) => wanted[at] === ':').map(decodeURIComponent)
  return { route, params }
}

/** @param {Route} route @param {SeenRequest} seen */
function readJson(route, { text, headers }) {
  if (text === '' || route.body === 'none' || route.body === undefined) {
    if (route.body === 'required') throw new Problem(400, 'invalid_request', 'A JSON body is needed.')
    return {}
  }
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
    throw new Problem(415, 'unsupported_media_type', 'The body must be application/json.')
  }
  let value
  try {
    value = JSON.parse(text)
  } catch {
    throw new Problem(400, 'invalid_request', 'The body is not JSON.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(400, 'invalid_request', 'The body must be an object.')
  }
  return value
}

/**
 * The way of one request through the service: route, credential, rate, key, body, work, envelope.
 *
 * @param {ReturnType<typeof import('./world.mjs').createWorld>} world
 * @param {import('./types.js').QurlServerOptions} options
 */
export function createAnswerer(world, { rateLimit, honoursKeys = true, keyLifetimeMs = DAY_MS }) {
  const keys = createKeyStore(world, keyLifetimeMs)
  /** @type {Map<string, { startedAt: number, used: number }>} */
  const windows = new Map()

  /** @param {Route} route @param {SeenRequest} seen */
  function authenticate(route, { headers }) {
    if (route.access === 'public') return undefined
    const token = /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1]
    if (!token) throw new Problem(401, 'invalid_token', 'A bearer credential is needed.')
    const credential = world.credentials.get(token)
    if (!credential) throw new Problem(401, 'api_key_invalid', 'This credential is not known.')
    if (route.access === 'jwt' && credential.kind !== 'jwt') {
      throw new Problem(403, 'forbidden', 'This needs a signed-in user, not an API key.')
    }
    if (route.scope && !credential.scopes.includes(route.scope)) {
      throw new Problem(403, 'insufficient_scope', `The scope ${route.scope} is needed.`)
    }
    return credential
  }

  /** @param {string} owner */
  function checkRate(owner) {
    if (!rateLimit) return
    const now = world.now()
    let current = windows.get(owner)
    if (!current || now - current.startedAt >= rateLimit.windowMs) {
      windows.set(owner, (current = { startedAt: now, used: 0 }))
    }
    if (++current.used <= rateLimit.requests) return
    const resetMs = current.startedAt + rateLimit.windowMs
    throw new Problem(429, 'rate_limit_exceeded', 'Too many requests.', {
      headers: {
        'Retry-After': String(Math.ceil((resetMs - now) / 1000)),
        'RateLimit-Limit': String(rateLimit.requests),
        'RateLimit-Remaining': '0',
        'RateLimit-Reset': String(Math.ceil(resetMs / 1000)),
      },
    })
  }

  /** @param {SeenRequest} seen @param {string} ip @param {string} requestId @returns {Answer} */
  function run(seen, ip, requestId) {
    const { route, params } = findRoute(seen.method, seen.path)
    const credential = authenticate(route, seen)
    const owner = credential?.owner ?? ''
    checkRate(owner)
    const account = world.accounts.get(owner) ?? world.account

    const work = () => {
      try {
        const body = readJson(route, seen)
        const query = new URLSearchParams(seen.query)
        return route.handle({ world, account, credential, params, query, body, headers: seen.headers, ip })
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return refusal(error, seen.path, requestId)
      }
    }

    const key = seen.headers['idempotency-key']
    if (key === undefined || !route.honoursKey || !honoursKeys) return work()
    const shortest = route.shortestKey ?? 1
    if (key.length < shortest || key.length > 256) {
      throw new Problem(400, 'invalid_request', `Idempotency-Key must have ${shortest} to 256 characters.`)
    }
    const name = keys.name({ owner, key, method: seen.method, path: seen.path })
    const fingerprint = keys.digest(seen.text)
    const kept = keys.find(name)
    if (kept) {
      if (route.comparesBody && kept.fingerprint !== fingerprint) {
        throw new Problem(409, 'idempotency_key_reused', 'This key was used with another body.')
      }
      return { ...kept.answer, headers: { ...kept.answer.headers, 'Idempotency-Replayed': 'true' } }
    }
    const answer = work()
    // A copy: what is replayed later must not know what happened to the row in the meantime.
    const data = answer.data instanceof Refusal ? answer.data : structuredClone(answer.data)
    const settled = { ...answer, data, meta: { request_id: requestId, ...answer.meta } }
    keys.keep(name, fingerprint, settled)
    return settled
  }

  /** @param {SeenRequest} seen @param {string} ip */
  return (seen, ip) => {
    const requestId = world.id('req_', 16)
    /** @type {Answer} */
    let answer
    try {
      answer = run(seen, ip, requestId)
    } catch (error) {
      const problem =
        error instanceof Problem ? error : new Problem(500, 'internal_error', 'Something went wrong here.')
      answer = refusal(problem, seen.path, requestId)
    }
    /** @type {Record<string, string>} */
    const headers = { 'X-Request-Id': requestId, ...answer.headers }
    if (answer.status === 204 || answer.status === 304) return { status: answer.status, headers, body: '' }
    if (answer.data instanceof Refusal) {
      headers['Content-Type'] = 'application/problem+json'
      return { status: answer.status, headers, body: JSON.stringify(answer.data.envelope) }
    }
    headers['Content-Type'] = 'application/json'
    if (isTagged(seen)) {
      const tag = `"${createHash('sha256').update(JSON.stringify(answer.data)).digest('base64url').slice(0, 16)}"`
      headers['ETag'] = tag
      if (seen.headers['if-none-match'] === tag) return { status: 304, headers, body: '' }
    }
    const body = JSON.stringify({ data: answer.data, meta: { request_id: requestId, ...answer.meta } })
    return { status: answer.status, headers, body }
  }
}

/** Marks the data of an answer as an error envelope. */
class Refusal {
  /** @param {object} envelope */
  constructor(envelope) {
    this.envelope = envelope
  }
}

/** @param {Problem} problem @param {string} path @param {string} requestId @returns {Answer} */
function refusal(problem, path, requestId) {
  return {
    status: problem.status,
    data: new Refusal(problem.envelope(path, requestId)),
    headers: problem.more.headers ?? {},
  }
}

/** @param {SeenRequest} seen */
function isTagged({ method, path }) {
  return method === 'GET' && findRoute(method, path).route.etag === true
}
