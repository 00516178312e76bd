import { systemClock } from '../clock/system-clock.js'
import { defaultContract } from '../contract/default-contract.js'
import { checkOption, checkOptions, type Checks, type Defined } from '../errors/check-option.js'
import { isIdempotentFetch } from '../transport/nesting.js'
import { findTemplateProblem, guessContentType } from './body-template.js'
import type { ProbeOptions } from './probe-options.js'

/** {@link ProbeOptions} checked and copied. */
export interface ProbeSettings extends Pick<
  Defined<ProbeOptions>,
  'contract' | 'budget' | 'timeoutMs' | 'fetch' | 'clock' | 'body' | 'method'
> {
  readonly url: URL
  readonly headers: Headers
  readonly otherUser: Headers | undefined
  readonly otherBody: string | undefined
  readonly invalidBody: string | undefined
  readonly otherUrl: URL
  /** The caller chose `otherPath`. */
  readonly isOtherPathGiven: boolean
  /** The caller chose the contract, so that no other form of the key is tried. */
  readonly isContractGiven: boolean
  readonly idField: readonly string[] | undefined
  readonly count: URL | (() => number | Promise<number>) | undefined
  readonly deletePath: string | undefined
  readonly again: ProbeOptions['again']
  readonly signal: AbortSignal | undefined
  readonly onProgress: ProbeOptions['onProgress']
}

const probeChecks: Checks = {
  method: 'string',
  headers: 'object',
  otherUser: 'object',
  body: 'string',
  otherBody: 'string',
  invalidBody: 'string',
  contract: 'object',
  otherPath: 'string',
  idField: 'string',
  deletePath: 'string',
  budget: [2, 'whole'],
  timeoutMs: [1],
  again: 'object',
  fetch: 'function',
  signal: 'object',
  onProgress: 'function',
  clock: 'object',
}

function takeUrl(name: string, given: string | URL, base?: URL): URL {
  const text = String(given)
  if (!URL.canParse(text, base)) throw new TypeError(`${name} must be an absolute URL`)
  const url = new URL(text, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`${name} must begin with http:// or https://, not ${url.protocol}`)
  if (url.username !== '' || url.password !== '')
    throw new TypeError(`${name} must not hold a user name or a password: give them as a header`)
  url.hash = ''
  return url
}

/** A URL that gets the credentials of the first: it has to be of its origin. */
function takeOwnUrl(name: string, given: string | URL, base: URL): URL {
  const url = takeUrl(name, given, base)
  if (url.origin !== base.origin)
    throw new TypeError(`${name} must be of the origin ${base.origin}: it is sent the same headers`)
  return url
}

function takeHeaders(name: string, given: Readonly<Record<string, string>>): Headers {
  const headers = new Headers()
  for (const [header, value] of Object.entries(given)) {
    checkOption(`${name}.${header}`, value ?? null, 'string')
    try {
      headers.set(header, value)
    } catch {
      // The engine's own message would quote the value.
      throw new TypeError(
        `${name}: "${header}" is no header name that HTTP allows, or its value is no header value`,
      )
    }
  }
  return headers
}

function checkTemplate(name: string, template: string): void {
  const problem = findTemplateProblem(template)
  if (problem !== undefined) throw new TypeError(`${name} cannot be filled in: ${problem}`)
}

/** A path below the target that no server has, so that nothing is made there. */
function pathBelow(url: URL): URL {
  const below = new URL(url)
  below.pathname = `${below.pathname.replace(/\/$/, '')}/idempotency-probe-other-path`
  return below
}

/**
 * Checks and copies the options of a probe.
 *
 * @throws `TypeError` or `RangeError` that names the option.
 */
export function checkProbeOptions(options: ProbeOptions): ProbeSettings {
  checkOption('probeContract', options ?? null, 'object')
  const { url: givenUrl, count, ...rest } = options
  checkOptions('probeContract', rest, probeChecks)
  if (givenUrl === undefined) throw new TypeError('url is missing')
  const url = takeUrl('url', givenUrl)
  const { contract = defaultContract, headers = {}, otherUser, fetch = globalThis.fetch } = options
  if (typeof contract.classify !== 'function' || !Array.isArray(contract.methods))
    throw new TypeError('contract must be one of the presets, or made with defineContract()')
  if (isIdempotentFetch(fetch))
    throw new TypeError(
      'fetch is an idempotent fetch, whose retries would hide what the server does; pass a plain fetch',
    )
  const method = (options.method ?? 'POST').toUpperCase()
  if (!/^[A-Z]+$/.test(method) || ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT'].includes(method))
    throw new TypeError('method must be the method of a write: POST, PUT, PATCH or DELETE')

  const body = options.body ?? '{"probe":"{{unique}}"}'
  const isJson = guessContentType(body) === 'application/json'
  const { otherBody, invalidBody = isJson ? '{}' : undefined } = options
  checkTemplate('body', body)
  checkTemplate('otherBody', otherBody ?? '')
  checkTemplate('invalidBody', invalidBody ?? '')
  if (contract.carrier.in === 'body' && !isJson)
    throw new TypeError('the key goes into a JSON body, and body is no JSON')

  const sent = takeHeaders('headers', headers)
  if (!sent.has('content-type')) sent.set('content-type', guessContentType(body))
  const { otherPath, deletePath, idField } = options
  if (deletePath !== undefined) {
    if (!deletePath.includes('{id}')) throw new TypeError('deletePath must have {id} in it')
    takeOwnUrl('deletePath', deletePath.replaceAll('{id}', '1'), url)
  }
  if (
    typeof count !== 'function' &&
    typeof count !== 'string' &&
    count !== undefined &&
    Object.prototype.toString.call(count) !== '[object URL]'
  )
    throw new TypeError('count must be a URL or a function')

  return {
    url,
    method,
    headers: sent,
    otherUser: otherUser && takeHeaders('otherUser', otherUser),
    body,
    otherBody,
    invalidBody,
    contract,
    isContractGiven: options.contract !== undefined,
    otherUrl: otherPath === undefined ? pathBelow(url) : takeOwnUrl('otherPath', otherPath, url),
    isOtherPathGiven: otherPath !== undefined,
    idField: idField?.split('.'),
    count:
      typeof count === 'function' ? count : count === undefined ? undefined : takeOwnUrl('count', count, url),
    deletePath,
    budget: options.budget ?? 12,
    timeoutMs: options.timeoutMs ?? 10_000,
    again: options.again,
    fetch,
    signal: options.signal,
    onProgress: options.onProgress,
    clock: options.clock ?? systemClock,
  }
}
