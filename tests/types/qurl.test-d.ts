import { describe, expectTypeOf, it } from 'vitest'
import {
  createError,
  idempotencyOf,
  isGoneError,
  metaOf,
  QURLClient,
  QURLError,
  unwrapWebhook,
  verifyWebhookSignature,
  type AccessPolicy,
  type AccessToken,
  type AIAgentCategory,
  type ApiKey,
  type BatchCreateInput,
  type BatchItemResult,
  type ClientOptions,
  type ConnectorResourceOutcomeUnknownError,
  type CreateApiKeyInput,
  type CreateInput,
  type CreateOutput,
  type CreateResourceInput,
  type CreateWebhookInput,
  type CRIDVerificationError,
  type CRIDVerificationErrorCode,
  type DelegatedBatchOutcomeUnknownError,
  type DelegatedQurl,
  type ExtendInput,
  type GoneError,
  type IdempotencyFacts,
  type ListInput,
  type MintInput,
  type Portal,
  type ProtectedResource,
  type QURL,
  type QURLErrorData,
  type Quota,
  type ReadOptions,
  type RequestOptions,
  type Resource,
  type ResourceHandle,
  type ResultMeta,
  type TombstoneInfo,
  type UpdateApiKeyInput,
  type UpdateInput,
  type UpdateResourceInput,
  type UpdateResourceQurlInput,
  type WebhookDelivery,
} from 'fetch-idempotency/qurl'

declare const client: QURLClient
const target_url = 'https://app.example/a'

describe('ClientOptions', () => {
  it('needs nothing: the environment may have the key', () => {
    expectTypeOf<object>().toExtend<ClientOptions>()
    void new QURLClient()
    void new QURLClient({ apiKey: undefined, baseUrl: undefined, debug: 'warn' })
    void new QURLClient({ apiKey: async () => 'x' }).withOptions({ timeout: 1 })
    // @ts-expect-error there is no such option
    void new QURLClient({ apiKey: 'x', retries: 3 })
    expectTypeOf<ClientOptions['fetch']>().toEqualTypeOf<typeof fetch | undefined>()
  })
})

describe('the options of a call', () => {
  it('have a key for writes only', () => {
    expectTypeOf(client.create).parameter(1).toEqualTypeOf<RequestOptions | undefined>()
    expectTypeOf(client.get).parameter(1).toEqualTypeOf<ReadOptions | undefined>()
    expectTypeOf(client.delete).parameter(1).toEqualTypeOf<ReadOptions | undefined>()
    expectTypeOf(client.listAll).parameter(1).toEqualTypeOf<ReadOptions | undefined>()
    // @ts-expect-error a read has no key
    void client.get('r_1', { idempotencyKey: 'job-1' })
    // @ts-expect-error a deletion has no key
    void client.delete('r_1', { idempotencyKey: 'job-1' })
    // @ts-expect-error there is no such option
    void client.create({ target_url }, { retries: 1 })
  })
})

declare const maybe: string | undefined
declare const flag: boolean | undefined

describe('an input', () => {
  it('takes fields that may be undefined', () => {
    void client.create({ target_url, expires_in: maybe, one_time_use: flag, label: maybe })
    void client.update('r_1', { extend_by: maybe, description: maybe })
    void client.extend('r_1', { extend_by: maybe, expires_at: maybe })
    void client.mintLink('r_1', { expires_in: maybe, expires_at: maybe })
    void client.createResource({ target_url: maybe, type: maybe, slug: maybe, find_or_create: flag })
    void client.updateResource('r_1', { custom_domain: maybe, alias: maybe })
    void client.updateResourceQurl('r_1', 'q_1', { extend_by: maybe, label: maybe })
    void client.listResources({ alias: maybe, slug: maybe, status: maybe })
    void client.createPortal('r_1', { validFor: maybe, targetPath: maybe })
    void client.createAccessCode({ resource_id: 'r_1', name: maybe })
    void client.updateWebhook('wh_1', { url: maybe, status: maybe })
    void client.listApiKeys({ status: maybe })
  })

  it('can be built field by field, and extended', () => {
    const input: UpdateInput = {}
    if (maybe !== undefined) input.extend_by = maybe
    const mint: MintInput = { label: 'x' }
    mint.expires_in = '1h'
    interface Order extends CreateInput, Omit<CreateResourceInput, keyof CreateInput> {
      note?: string
    }
    expectTypeOf<Order['target_url']>().toEqualTypeOf<string | undefined>()
    void [input, mint]
  })

  it('has lists that can be added to, and takes those of a constant', () => {
    const tags = ['a', 'b'] as const
    const items = [{ target_url, access_policy: { ip_allowlist: ['10.0.0.0/8'] } }] as const
    void client.update('r_1', { tags })
    void client.batchCreate({ items })
    void client.createWebhook({ url: target_url, events: ['qurl.created'] as const })
    void client.createApiKey({ name: 'x', scopes: ['qurl:read'] as const })
    const policy: AccessPolicy = { geo_allowlist: [] }
    policy.geo_allowlist?.push('DE')
    const update: UpdateInput = { tags: [] }
    update.tags?.push('a')
    const batch: BatchCreateInput = { items: [] }
    batch.items.push({ target_url })
    const category: AIAgentCategory = String(maybe)
    void [update, batch, category]
  })

  it('of a policy is what the service gives back', () => {
    expectTypeOf<NonNullable<AccessToken['access_policy']>['ip_allowlist']>().toEqualTypeOf<
      string[] | undefined
    >()
  })

  it('of a client and of a call can be built field by field', () => {
    const options: ClientOptions = { apiKey: 'x' }
    if (maybe !== undefined) options.baseUrl = maybe
    options.debug = true
    const call: RequestOptions = {}
    call.idempotencyKey = 'job-1'
    const read: ReadOptions = {}
    read.signal = AbortSignal.timeout(1)
    const problem: QURLErrorData = { status: 404, code: 'x', title: 'x' }
    problem.retry_after = 3
    void [options, call, read, problem]
  })

  it('has no other fields', () => {
    // @ts-expect-error the service refuses a description here
    void client.create({ target_url, description: 'x' })
    // @ts-expect-error a link is made with a duration
    void client.create({ target_url, expires_at: '2026-06-01T12:00:00Z' })
    // @ts-expect-error the names are those of the wire
    void client.create({ target_url, expiresIn: '1h' })
    // @ts-expect-error not a policy
    void client.create({ target_url, access_policy: { ip_allow: [] } })
    // @ts-expect-error another field
    void client.extend('r_1', { extend_by: '1d', description: 'x' })
    // @ts-expect-error no policy here
    void client.update('r_1', { access_policy: {} })
    // @ts-expect-error a link stays what it was in this
    void client.updateResourceQurl('r_1', 'q_1', { one_time_use: true })
    // @ts-expect-error items is missing
    void client.batchCreate({})
  })

  it('has fields of their types', () => {
    // @ts-expect-error a number
    void client.create({ target_url, max_sessions: '3' })
    // @ts-expect-error a boolean
    void client.create({ target_url, one_time_use: 1 })
    // @ts-expect-error a string
    void client.create({ target_url, expires_in: 3600 })
    // @ts-expect-error only the alias takes null
    void client.updateResource('r_1', { description: null })
    expectTypeOf<{ alias: null }>().toExtend<UpdateResourceInput>()
    expectTypeOf<{ max_sessions: number }>().toExtend<UpdateResourceQurlInput>()
    expectTypeOf<{ extend_by: string }>().toExtend<ExtendInput>()
  })
})

describe('the filters of a list', () => {
  it('are known', () => {
    expectTypeOf<{ limit: number; status: string; q: string }>().toExtend<ListInput>()
    // @ts-expect-error there is no such filter
    void client.list({ page: 2 })
    // @ts-expect-error a number
    void client.list({ limit: '5' })
    // @ts-expect-error the cursor is kept by listAll itself
    client.listAll({ cursor: 'x' })
    // @ts-expect-error the cursor is kept by listAllResources itself
    client.listAllResources({ cursor: 'x' })
  })

  it('can be iterated from the page that they give', async () => {
    for await (const row of client.listResources({ slug: 'db' })) expectTypeOf(row).toEqualTypeOf<Resource>()
    for await (const row of client.listWebhookDeliveries('wh_1'))
      expectTypeOf(row).toEqualTypeOf<WebhookDelivery>()
  })
})

describe('CreateApiKeyInput', () => {
  it('is a name with scopes, or a token by its kind', () => {
    expectTypeOf<{ name: string; scopes: string[] }>().toExtend<CreateApiKeyInput>()
    expectTypeOf<{ kind: 'enrollment_token'; name: string; target: 'agent' }>().toExtend<CreateApiKeyInput>()
    void client.createApiKey({
      name: 'x',
      scopes: ['qurl:read'],
      purpose: 'tunnel_bootstrap',
      tunnel_slug: 'db',
    })
    // @ts-expect-error the scopes are missing
    void client.createApiKey({ name: 'x' })
    expectTypeOf<{ name: string }>().toExtend<UpdateApiKeyInput>()
    expectTypeOf<ApiKey['kind']>().toExtend<string | undefined>()
  })
})

describe('open enums', () => {
  it('know their values and take others', () => {
    expectTypeOf<'qurl.created'>().toExtend<CreateWebhookInput['events'][number]>()
    expectTypeOf<string>().toExtend<CreateWebhookInput['events'][number]>()
    expectTypeOf<string>().toExtend<ApiKey['status'] & string>()
  })

  it('are closed where the service says so', () => {
    expectTypeOf<QURL['status']>().toEqualTypeOf<'active' | 'revoked'>()
    expectTypeOf<AccessToken['status']>().toEqualTypeOf<'active' | 'consumed' | 'expired' | 'revoked'>()
    expectTypeOf<DelegatedQurl['status']>().toEqualTypeOf<'active' | 'consumed' | 'expired' | 'revoked'>()
  })
})

describe('results', () => {
  it('have the fields of the wire', () => {
    expectTypeOf(client.create).returns.resolves.toEqualTypeOf<CreateOutput>()
    expectTypeOf<CreateOutput['expires_at']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<QURL['target_url']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<QURL['access_tokens']>().toEqualTypeOf<AccessToken[] | undefined>()
    expectTypeOf<NonNullable<Quota['usage']>['active_resources_percent']>().toEqualTypeOf<
      number | null | undefined
    >()
    expectTypeOf(client.delete).returns.resolves.toBeVoid()
  })

  it('of a batch are told apart by success', () => {
    const told = (result: BatchItemResult) => (result.success ? result.qurl_link : result.error.code)
    expectTypeOf(told).returns.toBeString()
    // @ts-expect-error not known to be a success
    const link = (result: BatchItemResult) => result.qurl_link
    void link
  })

  it('of lists are pages, and rows', async () => {
    expectTypeOf(client.list).returns.resolves.toHaveProperty('qurls').toEqualTypeOf<QURL[]>()
    for await (const row of client.listAll()) expectTypeOf(row).toEqualTypeOf<QURL>()
    const { has_more } = await client.listAccessCodes()
    expectTypeOf(has_more).toEqualTypeOf<false>()
  })

  it('of portals are in camelCase', () => {
    expectTypeOf(client.createPortal).returns.resolves.toEqualTypeOf<Portal>()
    expectTypeOf(client.createPortal).parameter(0).toEqualTypeOf<string | ProtectedResource>()
    expectTypeOf(client.enterPortal).returns.resolves.toEqualTypeOf<ResourceHandle>()
    expectTypeOf<Portal['expiresAt']>().toEqualTypeOf<Date | undefined>()
    // @ts-expect-error the names of portals are not those of the wire
    void client.createPortal('r_1', { expires_in: '1h' })
  })

  it('tell what came with them', () => {
    expectTypeOf(metaOf({})).toEqualTypeOf<ResultMeta | undefined>()
    expectTypeOf(idempotencyOf({})).toEqualTypeOf<IdempotencyFacts | undefined>()
  })
})

describe('errors', () => {
  it('are narrowed by their guards', () => {
    const narrowed = (error: unknown) => (isGoneError(error) ? error : undefined)
    expectTypeOf(narrowed).returns.toEqualTypeOf<GoneError | undefined>()
    expectTypeOf<GoneError['tombstone']>().toEqualTypeOf<TombstoneInfo | undefined>()
    expectTypeOf<QURLError['outcome']>().toEqualTypeOf<'applied' | 'not-applied' | 'unknown' | undefined>()
    expectTypeOf<ConnectorResourceOutcomeUnknownError['cause']>().toEqualTypeOf<QURLError>()
    expectTypeOf<DelegatedBatchOutcomeUnknownError['cause']>().toEqualTypeOf<QURLError>()
    expectTypeOf<CRIDVerificationError['code']>().toEqualTypeOf<CRIDVerificationErrorCode>()
    expectTypeOf(createError).returns.toEqualTypeOf<QURLError>()
    // @ts-expect-error the code is missing
    createError({ status: 404, title: 'Not found' })
  })
})

describe('methods', () => {
  it('may be taken off their client', () => {
    const { create, protectUrl, createPortal, listAll } = client
    void create({ target_url })
    void protectUrl(target_url)
    void createPortal('r_1')
    void listAll()
  })

  it('need a key where a batch is handed in', () => {
    const input = { mint_capability: 'x', grants: [{}] }
    void client.createDelegatedQurlBatch(input, { idempotencyKey: 'x'.repeat(32) })
    // @ts-expect-error the key is missing
    void client.createDelegatedQurlBatch(input, {})
  })
})

describe('verifyWebhookSignature', () => {
  it('takes a raw body, and a header that may be missing', () => {
    expectTypeOf(verifyWebhookSignature).returns.resolves.toBeBoolean()
    void verifyWebhookSignature(new ArrayBuffer(0), undefined, ['a', 'b'])
    void verifyWebhookSignature('{}', new Headers().get('QURL-Signature'), 'whsec_1')
    const incoming: Record<string, string | string[] | undefined> = {}
    void unwrapWebhook(Buffer.from('{}'), incoming['qurl-signature'], 'whsec_1')
    // @ts-expect-error a parsed body
    void verifyWebhookSignature({ id: 'evt_1' }, 'x', 'whsec_1')
  })
})
