import { generateKey } from '../key/generate-key.js'
import { defaultAskMs } from './read-answer.js'
import type { Contract } from './server-contract.js'

/**
 * What is assumed of a server of which nothing is known, and of every contract that does not say otherwise. The hosts
 * use it without the checks that a contract of one's own goes through, which they then need not carry.
 */
export const defaultContract: Contract = {
  name: 'standard',
  carrier: { in: 'header', name: 'Idempotency-Key', format: 'raw' },
  keyRules: { minLength: 1, maxLength: 255 },
  generateKey,
  methods: ['POST', 'PUT', 'PATCH'],
  keyTtlMs: 24 * 3_600_000,
  ttlAssumed: true,
  keyScope: [],
  honoursKey: () => true,
  companions: () => ({}),
  // In use at several servers; one that a server does not send does no harm.
  replayMarkers: [
    { header: 'idempotent-replayed' },
    { header: 'idempotency-replayed' },
    { header: 'idempotent-replay' },
    { header: 'x-idempotent-replayed' },
    { header: 'x-idempotency-cached' },
  ],
  retryHints: [],
  minimumWaitMs: 0,
  askForMs: defaultAskMs,
  keyPerTarget: false,
  lookBeforeResend: false,
  replayMayDiffer: false,
  classify: () => undefined,
}
