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
  /** What a caller does when the outcome is unknown, where that is not the same for all operations of a kind. */
  readonly advice?: string
  /** Shortest key that the service takes. @defaultValue `1` */
  readonly minKeyLength?: number
  /** The caller has to give the key. @defaultValue `false` */
  readonly needsKey?: boolean
  /** The endpoint is public: the API key is not sent to it. @defaultValue `false` */
  readonly isPublic?: boolean
}

const keyed: WriteFacts = { writes: 'keyed' }

/** A write that sets what it says, whose result can be read. */
const readable = (method: string): WriteFacts => ({
  writes: 'never',
  advice: `look with ${method} before you call again`,
})

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
  updateResource: readable('getResource'),
  updateResourceQurl: readable('getResource'),
  // Both issue a link on every call.
  resolveResource: readable('getResource'),
  shareResource: readable('getResource'),
  // Finds the resource by its slug.
  ensureConnectorResource: { writes: 'always' },

  createDelegatedQurlBatch: { writes: 'keyed', minKeyLength: 32, needsKey: true },

  updateCustomer: readable('getCustomer'),
  createBillingCheckout: { writes: 'never', advice: 'look at your plan before you call again' },
  createBillingPortal: { writes: 'never', advice: 'call again; it only opens another page' },

  registerDomain: keyed,
  verifyDomain: {
    writes: 'never',
    advice: 'call again; looking at the DNS records twice changes nothing more',
  },
  regenerateDomainToken: readable('getDomain'),

  createWebhook: keyed,
  updateWebhook: keyed,
  // A second request makes a second secret, and the first one is gone.
  regenerateWebhookSecret: {
    writes: 'never',
    advice: 'the old secret may be gone, so call again and use the secret of the answer that arrives',
  },

  createApiKey: { writes: 'keyed', minKeyLength: 32 },
  updateApiKey: readable('listApiKeys'),

  createAccessCode: keyed,
  // Uses up one of the code's uses.
  redeemAccessCode: { writes: 'never', isPublic: true },
} as const satisfies Readonly<Record<string, WriteFacts>>

export type WriteOperation = keyof typeof writeOperations
