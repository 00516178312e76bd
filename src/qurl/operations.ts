/**
 * How far a lost answer, or a 5xx, is answered by sending the write again:
 *
 * - `keyed`: the service documents `Idempotency-Key` for the operation, so a resend is answered from its store
 * - `always`: a resend finds what the first attempt made, with or without a key
 * - `never`: neither is known; only a request that provably was not acted on is sent again
 */
export type Writes = 'keyed' | 'always' | 'never'

/** What is known of one write. */
export interface WriteFacts {
  readonly writes: Writes
  /** Shortest key that the service takes. @defaultValue `1` */
  readonly minKeyLength?: number
  /** The endpoint is public: the API key is not sent to it. @defaultValue `false` */
  readonly isPublic?: boolean
}

const keyed: WriteFacts = { writes: 'keyed' }
const never: WriteFacts = { writes: 'never' }

/** Every POST and PATCH of the API, by its method on the client. */
export const writeOperations = {
  create: keyed,
  batchCreate: keyed,
  update: keyed,
  extend: keyed,
  mintLink: keyed,
  // A resend under the same key consumes no second token. See `contract.ts` for its 502.
  resolve: keyed,

  // Deduplicated by target URL; a tunnel only with `find_or_create`. The call decides by its input.
  createResource: { writes: 'always' },
  createQurlForResource: keyed,
  updateResource: never,
  updateResourceQurl: never,
  // Issues a link on every call.
  resolveResource: never,

  updateCustomer: never,
  createBillingCheckout: never,
  createBillingPortal: never,

  registerDomain: keyed,
  verifyDomain: never,
  regenerateDomainToken: never,

  createWebhook: keyed,
  updateWebhook: keyed,
  // A second request makes a second secret, and the first one is gone.
  regenerateWebhookSecret: never,

  createApiKey: { writes: 'keyed', minKeyLength: 32 },
  updateApiKey: never,

  createAccessCode: keyed,
  // Uses up one of the code's uses.
  redeemAccessCode: { writes: 'never', isPublic: true },
} as const satisfies Readonly<Record<string, WriteFacts>>

export type WriteOperation = keyof typeof writeOperations
