import type { Executions } from '../servers/executions.js'
import { keyedService, keyInHeader } from './keyed-service.js'
import type { PeerAnswer, Service } from './peer.js'

const error = (status: number, errorCode: string, message: string, transient?: boolean): PeerAnswer => ({
  status,
  headers: transient === undefined ? {} : { 'transient-error': `${transient}` },
  body: { status, errorCode, message, errorType: 'internal' },
})

const answers: Readonly<Record<string, PeerAnswer>> = {
  transient: error(500, '905', 'Payment details are not supported', true),
  'transient-422': error(422, '905', 'Try again', true),
  running: error(422, '704', 'Request already processed or in progress', true),
  'key-store-down': error(503, '703', 'Required resource temporarily unavailable', true),
}

/**
 * `transient-error: true` invites the same key again, its absence forbids it; final errors are kept (Adyen). The body's `script`
 * names the answers that come before the work: `transient`, `transient-422`, `running`, `key-store-down`. `final` is a kept 500.
 */
export function adyen(executions: Executions): Service {
  const played = new Map<string, number>()
  const work = keyedService({
    keyOf: keyInHeader('idempotency-key', /^.{1,64}$/),
    replay: (first) => first,
    work: async ({ body }) => {
      const number = await executions.run(body.item)
      if (body['final']) return error(500, '000', 'Internal error')
      return { status: 200, body: { pspReference: `ID${number}`, resultCode: 'Authorised' } }
    },
  })
  return async (request) => {
    const key = request.headers['idempotency-key']
    const script = (request.body['script'] ?? []) as readonly string[]
    const turn = played.get(key ?? '') ?? 0
    played.set(key ?? '', turn + 1)
    const answer = answers[script[turn] ?? ''] ?? (await work(request))
    return key === undefined ? answer : { ...answer, headers: { ...answer.headers, 'idempotency-key': key } }
  }
}
