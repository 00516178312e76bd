import type { Recorder } from '../operation/record-step.js'
import type { EndOptions } from './end-options.js'
import type { OperationSettings } from './operation-options.js'
import type { RecoveryQueue } from './recovery-queue.js'
import type { Run } from './run.js'
import type { TrackedOperation } from './tracked-operation.js'
import type { AnswerKind, Transport } from './transport.js'

/** Everything that belongs to one operation on its way. */
export interface OperationRun<Answer extends object> {
  readonly settings: OperationSettings
  readonly operation: TrackedOperation
  readonly kind: AnswerKind<Answer>
  readonly transport: Transport<Answer>
  readonly callbacks: EndOptions<Answer>
  readonly recovery: RecoveryQueue
  readonly record: Recorder | undefined
  readonly run: Run
}
