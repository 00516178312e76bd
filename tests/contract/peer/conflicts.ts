import type { Executions } from '../servers/executions.js'
import { isSuccess, keyedService, keyInHeader } from './keyed-service.js'
import type { PeerAnswer, PeerRequest, Service } from './peer.js'

// Servers that answer a duplicate of a success with an error status. Failures are not remembered.

/** Does the work, or fails as the body's `failWith` says. */
async function create(executions: Executions, { body }: PeerRequest): Promise<PeerAnswer> {
  if (body.failWith) return { status: Number(body.failWith), body: { message: 'refused' } }
  const number = await executions.run(body.item)
  return { status: 201, body: { id: `ID${number}`, item: body.item } }
}

const idOf = (answer: PeerAnswer): string => (answer.body as { id: string }).id
const paymentId = (answer: PeerAnswer): string => (answer.body as { payments: { id: string } }).payments.id

/** 409 and a sentence; `GET /orders/{item}` tells whether the item is there. */
export function duplicate(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    stores: isSuccess,
    work: (request) => create(executions, request),
    replay: () => ({ status: 409, body: { message: 'This is a duplicate' } }),
    read: ({ path }) => {
      const item = decodeURIComponent(path.slice('/orders/'.length))
      const count = executions.finished(item)
      return count ? { status: 200, body: { item, count } } : undefined
    },
  })
}

/** 409 that names the original: blog and SDK of GoCardless. */
export function gocardless(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    stores: isSuccess,
    work: async (request) => {
      const answer = await create(executions, request)
      return isSuccess(answer) ? { ...answer, body: { payments: answer.body } } : answer
    },
    replay: (first) => ({
      status: 409,
      body: {
        error: {
          type: 'invalid_state',
          code: 409,
          message: 'A resource has already been created with this idempotency key',
          errors: [
            {
              reason: 'idempotent_creation_conflict',
              message: 'A resource has already been created with this idempotency key',
              links: { conflicting_resource_id: paymentId(first) },
            },
          ],
        },
      },
    }),
    read: ({ path }, records) => {
      const found = [...records.values()].find(
        ({ answer }) => answer && path === `/payments/${paymentId(answer)}`,
      )
      return found?.answer && { status: 200, body: found.answer.body }
    },
  })
}

/** 409 on every duplicate, of a failure too; `GET /responses/{key}` returns the first answer (Mangopay). Keys: 16 to 36 of `[A-Za-z0-9-]`. */
export function mangopay(executions: Executions): Service {
  const base = '/v2.01/client'
  return keyedService({
    keyOf: keyInHeader('idempotency-key', /^[A-Za-z0-9-]{16,36}$/),
    work: (request) => create(executions, request),
    replay: () => ({
      status: 409,
      body: {
        Message: 'A request with this idempotency key was already received',
        Type: 'idempotency_conflict',
      },
    }),
    read: ({ path }, records) => {
      const [key, record] = [...records].find(([key]) => path === `${base}/responses/${key}`) ?? []
      if (!record?.answer) return undefined
      return {
        status: 200,
        body: {
          StatusCode: `${record.answer.status}`,
          ContentType: 'application/json',
          Resource: record.answer.body,
          RequestURL: `http://peer/mangopay${record.request.path}`,
          IdempotencyKey: key,
        },
      }
    },
  })
}

/** Replays with a marker; another payload is 409 with `resource_id`; the list takes `?idempotency_key=` (Increase). */
export function increase(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key', /^[\x21-\x7e]{1,200}$/),
    stores: isSuccess,
    work: async (request) => ({ ...(await create(executions, request)), status: 200 }),
    replay: (first) => ({ ...first, headers: { 'idempotent-replayed': 'true' } }),
    reused: ({ answer }) => ({
      status: 409,
      body: {
        status: 409,
        type: 'idempotency_key_already_used_error',
        title: 'The idempotency key was already used.',
        detail: null,
        resource_id: answer && idOf(answer),
      },
    }),
    read: ({ query }, records) => {
      const answer = records.get(query.get('idempotency_key') ?? '')?.answer
      return { status: 200, body: { data: answer ? [answer.body] : [], next_cursor: null } }
    },
  })
}

/** Interim status 102 and nothing more while the first runs, then 409 with the body of the first (Interchecks). */
export function interchecks(executions: Executions): Service {
  return keyedService({
    keyOf: keyInHeader('idempotency-key'),
    stores: isSuccess,
    work: (request) => create(executions, request),
    running: () => ({ status: 102 }),
    replay: (first) => ({ ...first, status: 409 }),
  })
}
