import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as entry from '../../../src/qurl/error-guards.js'
import {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  ConnectorResourceOutcomeUnknownError,
  createError,
  DelegatedBatchOutcomeUnknownError,
  GoneError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  RuntimeError,
  ServerError,
  TimeoutError,
  ValidationError,
} from '../../../src/qurl/errors.js'
import { QURLError } from '../../../src/qurl/qurl-error.js'

const data = (status: number, code = 'some_code') => ({ status, code, title: 'Title' })

describe('createError', () => {
  it.each([
    [400, ValidationError],
    [422, ValidationError],
    [401, AuthenticationError],
    [403, AuthorizationError],
    [404, NotFoundError],
    [409, ConflictError],
    [410, GoneError],
    [429, RateLimitError],
    [500, ServerError],
    [503, ServerError],
    [599, ServerError],
    [0, QURLError],
    [302, QURLError],
    [402, QURLError],
    [405, QURLError],
    [408, QURLError],
    [413, QURLError],
    [415, QURLError],
    [425, QURLError],
  ])('makes of status %i a %o', (status, type) => {
    const error = createError(data(status))
    expect(error.constructor).toBe(type)
    expect(error).toBeInstanceOf(QURLError)
    expect(error).toBeInstanceOf(Error)
    expect(error.status).toBe(status)
  })

  it.each([200, 404, 500])('makes of an unexpected response with status %i a ValidationError', (status) => {
    expect(createError(data(status, 'unexpected_response')).constructor).toBe(ValidationError)
  })

  it('takes every field over', () => {
    const error = createError({
      ...data(410),
      detail: 'Closed.',
      type: 'https://api.example/problems/gone',
      instance: '/v1/resources/r_1',
      invalid_fields: { label: 'too long' },
      request_id: 'req_1',
      retry_after: 2,
      tombstone: { tombstoned_at: '2026-06-01T12:00:00Z' },
      rate_limit: { limit: 10, remaining: 0, reset: 1_800_000_000 },
      key: 'job-1',
      attempts: 3,
      outcome: 'unknown',
      cause: 'because',
    })
    expect({ ...error }).toEqual({
      status: 410,
      code: 'some_code',
      title: 'Title',
      detail: 'Closed.',
      type: 'https://api.example/problems/gone',
      instance: '/v1/resources/r_1',
      invalidFields: { label: 'too long' },
      requestId: 'req_1',
      retryAfter: 2,
      tombstone: { tombstoned_at: '2026-06-01T12:00:00Z' },
      rateLimit: { limit: 10, remaining: 0, reset: 1_800_000_000 },
      key: 'job-1',
      attempts: 3,
      outcome: 'unknown',
    })
    expect(error.message).toBe('Title (410): Closed.')
    expect(error.cause).toBe('because')
  })

  it('has no fields for what is not known', () => {
    expect(Object.keys(createError({ ...data(400), invalid_fields: null, request_id: undefined }))).toEqual([
      'status',
      'code',
      'title',
      'detail',
    ])
  })

  it.each([
    [{ title: 'Title' }, 'Title'],
    [{ title: 'Title', detail: '' }, 'Title'],
    [{ title: '' }, 'HTTP 400'],
  ])('never leaves the detail empty: %o', (given, detail) => {
    expect(createError({ status: 400, code: 'x', ...given }).detail).toBe(detail)
  })
})

describe('the errors without an answer', () => {
  const cause = new Error('reset')
  it.each([
    [new NetworkError('lost', { cause }), 'NetworkError', 'network_error'],
    [new TimeoutError('late', { cause }), 'TimeoutError', 'timeout'],
    [new TimeoutError(undefined, { cause }), 'TimeoutError', 'timeout'],
    [new RuntimeError('no crypto', { cause }), 'RuntimeError', 'runtime_error'],
  ])('%s', (error, name, code) => {
    expect(error).toMatchObject({ name, code, status: 0, cause })
    expect(error.detail).not.toBe('')
  })
})

describe('the errors of an unknown outcome', () => {
  const cause = new ServerError({ ...data(503), detail: 'Later.', request_id: 'req_1', key: 'k', data: 'x' })

  it('can be made from the failure alone, as those of the official client 2.x', () => {
    const known = { status: 0, outcome: 'unknown', requestId: 'req_1', key: 'k', data: 'x', cause }
    expect(new ConnectorResourceOutcomeUnknownError(cause)).toMatchObject({
      ...known,
      name: 'ConnectorResourceOutcomeUnknownError',
      code: 'connector_resource_outcome_unknown',
      detail: 'it may have been done; Later.',
    })
    expect(new DelegatedBatchOutcomeUnknownError(cause, 'dqb_1')).toMatchObject({
      ...known,
      name: 'DelegatedBatchOutcomeUnknownError',
      code: 'delegated_batch_outcome_unknown',
      batchId: 'dqb_1',
    })
  })
})

describe('the guards', () => {
  const classes = {
    AuthenticationError,
    AuthorizationError,
    ConflictError,
    GoneError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
  }
  const samples = [
    ...Object.values(classes).map((Class) => new Class(data(400))),
    new NetworkError('x'),
    new TimeoutError(),
    new RuntimeError('x'),
    new ConnectorResourceOutcomeUnknownError(new NetworkError('x')),
    new DelegatedBatchOutcomeUnknownError(new NetworkError('x')),
  ]

  it.each(samples.map((error) => [error.name, error] as const))('tell %s from the others', (name, error) => {
    const guards = Object.entries(entry).filter(
      ([guard]) => guard.startsWith('is') && guard !== 'isQURLError',
    )
    const saying = guards.filter(([, guard]) => (guard as (value: unknown) => boolean)(error))
    expect(saying.map(([guard]) => guard)).toEqual([`is${name}`])
    expect(entry.isQURLError(error)).toBe(true)
  })

  it.each([undefined, null, 'QURLError', {}, new Error('x'), { name: 'QURLError' }])('refuse %o', (value) => {
    expect(entry.isQURLError(value)).toBe(false)
    expect(entry.isValidationError(value)).toBe(false)
  })
})

describe('an error in a log', () => {
  const cause = Object.assign(new Error('inner'), { request: { authorization: 'Bearer lv_live_secret' } })

  it('shows its fields and not its cause', () => {
    const error = createError({ ...data(500), key: 'job-1', outcome: 'unknown', cause })
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'ServerError',
      message: 'Title (500): Title',
      status: 500,
      code: 'some_code',
      title: 'Title',
      detail: 'Title',
      key: 'job-1',
      outcome: 'unknown',
    })
  })

  it('begins its stack with its name', () => {
    expect(inspect(new RateLimitError(data(429)))).toMatch(/^RateLimitError: Title \(429\): Title/)
  })
})
