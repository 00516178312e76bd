import { accountOperations } from './account.js'
import { connectorResourceOperations } from './connector-resources.js'
import { delegatedOperations } from './delegated.js'
import { domainOperations } from './domains.js'
import { keyAndCodeOperations } from './keys-and-codes.js'
import type { Operation } from './operation.js'
import { qurlOperations } from './qurls.js'
import { resourceOperations } from './resources.js'
import { webhookOperations } from './webhooks.js'

export type { Known, Operation, Scene } from './operation.js'

/** Every operation that the client has a method for, some of them in more than one form. */
export const operations: readonly Operation[] = [
  ...qurlOperations,
  ...resourceOperations,
  ...connectorResourceOperations,
  ...delegatedOperations,
  ...accountOperations,
  ...domainOperations,
  ...webhookOperations,
  ...keyAndCodeOperations,
]

/** Those that change something. */
export const writes = operations.filter(
  (one): one is Operation & { write: NonNullable<Operation['write']> } => one.write !== undefined,
)
