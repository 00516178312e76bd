import { expect } from 'vitest'
import { made, type Known, type Operation, type Scene } from './operation.js'

const key = 'batch-0815-0123456789-0123456789-0123456789'
const input = { mint_capability: 'cap_1', grants: [{ label: 'guest', one_time_use: true }, {}] }
const etag = expect.stringMatching(/^"[\w-]{22}"$/) as unknown

async function withBatch({ client }: Scene): Promise<Known> {
  const { batch_id, etag: tag } = await client.createDelegatedQurlBatch(input, { idempotencyKey: key })
  return { id: batch_id, etag: tag }
}

async function withLink(scene: Scene): Promise<Known> {
  const { id = '' } = await withBatch(scene)
  await scene.client.getDelegatedQurlBatch(id)
  const batch = await scene.client.getDelegatedQurlBatch(id)
  if (batch.http_status !== 200 || batch.results[0]?.status !== 'succeeded') throw new Error('not made yet')
  return { id: batch.results[0].qurl.qurl_id }
}

const batch = (known: Known) => ({
  batch_id: known['id'],
  item_count: 2,
  submitted_at: made.time,
  request_id: made.requestId,
  etag,
})

const link = (index: number) => ({
  index,
  status: 'succeeded',
  qurl: {
    qurl_id: made.qurlId,
    qurl_link: expect.stringMatching(/^https:\/\/qurl\.link\/#qv2t1\./) as unknown,
    expires_at: made.time,
  },
})

export const delegatedOperations: Operation[] = [
  {
    name: 'createDelegatedQurlBatch',
    ownKey: true,
    call: (client, _, options) =>
      client.createDelegatedQurlBatch(input, { ...options, idempotencyKey: options?.idempotencyKey ?? key }),
    sends: () => ({ line: 'POST /v1/delegated-qurl-batches', body: input }),
    returns: () => ({
      ...batch({}),
      http_status: 202,
      batch_id: expect.stringMatching(/^dqb_[\w-]{22}$/) as unknown,
      status: 'queued',
      retry_after: 1,
      location: expect.stringMatching(/^http.*\/v1\/delegated-qurl-batches\/dqb_/) as unknown,
    }),
    write: { effect: 'delegated_batch.accepted', resend: 'keyed' },
  },
  {
    name: 'getDelegatedQurlBatch (on its way)',
    arrange: withBatch,
    call: (client, { id = '', etag: tag = '' }) => client.getDelegatedQurlBatch(id, { etag: tag }),
    sends: ({ id }) => ({ line: `GET /v1/delegated-qurl-batches/${id}` }),
    returns: (known) => ({ ...batch(known), http_status: 202, status: 'running', retry_after: 1 }),
  },
  {
    name: 'getDelegatedQurlBatch (finished)',
    arrange: async (scene) => {
      const known = await withBatch(scene)
      await scene.client.getDelegatedQurlBatch(known['id'] ?? '')
      return known
    },
    call: (client, { id = '' }) => client.getDelegatedQurlBatch(id),
    sends: ({ id }) => ({ line: `GET /v1/delegated-qurl-batches/${id}` }),
    returns: (known) => ({
      ...batch(known),
      http_status: 200,
      status: 'succeeded',
      completed_at: made.time,
      results: [link(0), link(1)],
    }),
  },
  {
    name: 'getDelegatedQurlBatch (not changed)',
    arrange: async (scene) => {
      const { id = '' } = await withBatch(scene)
      await scene.client.getDelegatedQurlBatch(id)
      const { etag: tag = '' } = await scene.client.getDelegatedQurlBatch(id)
      return { id, etag: tag }
    },
    call: (client, { id = '', etag: tag = '' }) => client.getDelegatedQurlBatch(id, { etag: tag }),
    sends: ({ id }) => ({ line: `GET /v1/delegated-qurl-batches/${id}` }),
    returns: (known) => ({ http_status: 304, etag: known['etag'] }),
  },
  {
    name: 'getDelegatedQurl',
    arrange: withLink,
    call: (client, { id = '' }) => client.getDelegatedQurl(id),
    sends: ({ id }) => ({ line: `GET /v1/delegated-qurls/${id}` }),
    returns: ({ id }) => ({
      qurl_id: id,
      status: 'active',
      expires_at: made.time,
      one_time_use: true,
      max_sessions: 0,
      session_duration: 3600,
      label: 'guest',
    }),
  },
  {
    name: 'deleteDelegatedQurl',
    arrange: withLink,
    call: (client, { id = '' }) => client.deleteDelegatedQurl(id),
    sends: ({ id }) => ({ line: `DELETE /v1/delegated-qurls/${id}` }),
    returns: () => undefined,
    write: { effect: 'delegated_qurl.revoked', resend: 'natural' },
  },
]
