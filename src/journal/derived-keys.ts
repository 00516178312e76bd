import { checkOptions } from '../errors/check-option.js'
import { RunDivergedError } from '../errors/run-diverged-error.js'
import type { JournalCall, OpenedOperation, OperationJournal } from '../operation/operation-journal.js'
import { createAmbient } from './ambient.js'
import { factsOf } from './call-value.js'
import { isRead, shownUrl } from './kept-request.js'
import { createNaming } from './names.js'
import { createHistory } from './run-history.js'
import { actWithin, openInRun, sendWith, type RunJournal } from './run-once.js'
import type { Run } from './run.js'

/** Options of {@link derivedKeys}. */
export interface DerivedKeysOptions {
  /** Keeps applications, or tenants, apart. @defaultValue `''` */
  readonly namespace?: string | undefined
  /** Makes the keys ones that nobody else can compute. It must never change. @defaultValue none */
  readonly secret?: string | undefined
}

/**
 * Keys that follow from ids and steps, without a store: the same keys as of a run over a journal with this namespace and secret.
 * For `createIdempotentFetch({ journal: derivedKeys() })` and `runOnce`. Nothing is remembered: a write that is called again is
 * sent again, under its key, for as long as the server keeps that; payloads are compared by nobody but the server.
 *
 * @throws `TypeError` or `RangeError` for an option that cannot work.
 */
export function derivedKeys(options: DerivedKeysOptions = {}): OperationJournal & RunJournal {
  checkOptions('derivedKeys', options, { namespace: 'string', secret: 'string' })
  const { namespace = '', secret } = options
  if (secret === '') throw new RangeError('derivedKeys.secret must not be empty')
  const naming = createNaming({ namespace, secret })
  const ambient = createAmbient<Run>()
  const give = async (call: JournalCall, key: string): Promise<OpenedOperation> => ({
    key: call.givenKey ?? key,
    // An earlier call may have sent it, and nobody knows when.
    isGenerated: false,
    firstSentMs: undefined,
    answer: undefined,
    record: async () => undefined,
    release: async () => undefined,
  })
  const open: OperationJournal['open'] = (call) => {
    const { operationId, keyRules } = call
    if (operationId === undefined) return openInRun(ambient, call)
    return give(call, naming.key(keyRules, 'operation', operationId))
  }
  return {
    open,
    async runOnce(id, { fetch }, act) {
      const history = createHistory(naming, id)
      const run: Run = {
        id,
        fetch: sendWith(fetch, () => run),
        async remember(_, make) {
          return make()
        },
        open(call) {
          const { operationId, method, url, step: given, keyRules } = call
          if (operationId !== undefined) return open(call)
          if (given === undefined && isRead(method)) return undefined
          const step = given ?? history.countedName(method, shownUrl(url))
          const key = naming.key(keyRules, 'step', id, step)
          const met = history.meet(step)
          if (met !== undefined)
            return Promise.reject(new RunDivergedError(met, id, step, factsOf(call, 'not-applied')))
          return give(call, key).then((opened) => ({
            ...opened,
            step,
            async record(recorded) {
              if (recorded.type === 'settled') history.end(step, recorded.outcome === 'applied')
            },
            release: async () => history.end(step, false),
          }))
        },
      }
      return actWithin(ambient, run, act)
    },
  }
}
