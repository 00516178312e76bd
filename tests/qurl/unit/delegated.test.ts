import { describe, expect, it } from 'vitest'
import type { GetDelegatedQurlBatchOutput } from 'fetch-idempotency/qurl'
import { clientOf, data, failureOf, json } from './fake.js'

const batchId = `dqb_${'a'.repeat(22)}`
const etag = '"batch-1"'
const submitted_at = '2026-09-07T12:00:00Z'
const meta = { request_id: 'req_1' }
const headers = { 'Cache-Control': 'private, no-store', ETag: etag, 'Retry-After': '2' }

const accept = (location: string, baseUrl: string, more: Record<string, string> = {}) =>
  clientOf(
    [
      json(
        202,
        { data: { batch_id: batchId, status: 'queued', item_count: 1, submitted_at }, meta },
        { ...headers, Location: location, ...more },
      ),
    ],
    { baseUrl },
  ).client.createDelegatedQurlBatch(
    { mint_capability: 'x', grants: [{}] },
    { idempotencyKey: 'k'.repeat(32) },
  )

describe('createDelegatedQurlBatch', () => {
  const path = `/v1/delegated-qurl-batches/${batchId}`
  it.each([
    ['https://qurl.example', path, `https://qurl.example${path}`],
    ['https://qurl.example/edge', path, `https://qurl.example/edge${path}`],
    ['https://qurl.example/edge', `/edge${path}`, `https://qurl.example/edge${path}`],
    ['https://qurl.example/edge', `https://qurl.example/edge${path}`, `https://qurl.example/edge${path}`],
  ])('tells, for the base %s and the location %s, the whole URL', async (baseUrl, location, whole) => {
    expect((await accept(location, baseUrl)).location).toBe(whole)
  })

  it('takes directives with values', async () => {
    const cache = { 'Cache-Control': 'no-store, max-age=0, private="x-secret"' }
    expect(await accept(path, 'https://qurl.example', cache)).toMatchObject({ batch_id: batchId })
  })
})

const qurl = { qurl_id: 'q_0123456789a', qurl_link: 'https://l.example/#s', expires_at: submitted_at }
const finished = (entry: object = { index: 0, status: 'succeeded', qurl }) => ({
  batch_id: batchId,
  status: 'succeeded',
  item_count: 1,
  submitted_at,
  completed_at: submitted_at,
  results: [entry],
})

describe('getDelegatedQurlBatch', () => {
  it('gives the links of a finished batch whose headers say nothing: they are shown once', async () => {
    const { client } = clientOf([json(200, { data: finished(), meta })])
    const batch: GetDelegatedQurlBatchOutput = await client.getDelegatedQurlBatch(batchId)
    expect(batch).toEqual({ http_status: 200, ...finished(), request_id: 'req_1' })
  })

  it.each([
    ['a link and an error', { index: 0, status: 'succeeded', qurl, error: { code: 'x', message: 'x' } }],
    ['an error and a link', { index: 0, status: 'failed', qurl, error: { code: 'x', message: 'x' } }],
  ])('refuses a result with %s, and keeps it on the error', async (_, entry) => {
    const { client } = clientOf([json(200, { data: finished(entry), meta })])
    const error = await failureOf(client.getDelegatedQurlBatch(batchId))
    expect(error).toMatchObject({ code: 'unexpected_response', status: 200, data: finished(entry) })
  })

  it('refuses a 304 that others may keep', async () => {
    const cached = { ETag: etag, 'Cache-Control': 'public' }
    const { client } = clientOf([new Response(null, { status: 304, headers: cached })])
    const error = await failureOf(client.getDelegatedQurlBatch(batchId, { etag }))
    expect(error).toMatchObject({ code: 'unexpected_response', status: 304 })
  })
})

describe('getDelegatedQurl', () => {
  const link = {
    qurl_id: 'q_0123456789a',
    status: 'active',
    expires_at: submitted_at,
    one_time_use: false,
    max_sessions: 0,
    session_duration: 3600,
    added_later: true,
  }

  it('gives the link as it is', async () => {
    expect(await clientOf([data(link)]).client.getDelegatedQurl(link.qurl_id)).toEqual(link)
  })

  it.each([
    { qurl_id: 'q_aaaaaaaaaaa' },
    { status: 'new' },
    { expires_at: 'soon' },
    { one_time_use: undefined },
    { max_sessions: -1 },
    { session_duration: '3600' },
    { session_duration: 0 },
    { label: 5 },
    { access_policy: [] },
  ])('refuses one with %j', async (odd) => {
    const { client } = clientOf([data({ ...link, ...odd })])
    const error = await failureOf(client.getDelegatedQurl(link.qurl_id))
    expect(error).toMatchObject({ code: 'unexpected_response', status: 200, requestId: 'req_1' })
  })
})
