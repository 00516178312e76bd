import { describe, expectTypeOf, it } from 'vitest'
import {
  createError,
  idempotencyOf,
  isGoneError,
  metaOf,
  QURLClient,
  QURLError,
  verifyWebhookSignature,
  type AccessToken,
  type ApiKey,
  type BatchItemResult,
  type ClientOptions,
  type CreateApiKeyInput,
  type CreateInput,
  type CreateOutput,
  type CreateResourceInput,
  type CreateWebhookInput,
  type ExtendInput,
  type GoneError,
  type IdempotencyFacts,
  type ListInput,
  type MintInput,
  type Portal,
  type ProtectedResource,
  type QURL,
  type Quota,
  type ReadOptions,
  type RequestOptions,
  type ResourceHandle,
  type ResourceListInput,
  type ResultMeta,
  type TombstoneInfo,
  type UpdateApiKeyInput,
  type UpdateInput,
  type UpdateResourceInput,
  type UpdateResourceQurlInput,
} from 'fetch-idempotency/qurl'

declare const client: QURLClient
const target_url = 'https://app.example/a'

describe('ClientOptions', () => {
  it('needs an API key and nothing else', () => {
    expectTypeOf<{ apiKey: string }>().toExtend<ClientOptions>()
    // @ts-expect-error the API key is missing
    void new QURLClient({})
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

describe('CreateInput', () => {
  it('needs a target URL, but for other types', () => {
    expectTypeOf<{ target_url: string }>().toExtend<CreateInput>()
    expectTypeOf<{ type: 'url'; target_url: string; label: string }>().toExtend<CreateInput>()
    expectTypeOf<{ type: 'tunnel' }>().toExtend<CreateInput>()
    // @ts-expect-error the target URL is missing
    void client.create({})
    // @ts-expect-error the target URL is missing
    void client.create({ label: 'x' })
  })

  it('has no other fields', () => {
    // @ts-expect-error the service refuses a description here
    void client.create({ target_url, description: 'x' })
    // @ts-expect-error the service refuses tags here
    void client.create({ target_url, tags: ['x'] })
    // @ts-expect-error a link is made with a duration
    void client.create({ target_url, expires_at: '2026-06-01T12:00:00Z' })
    // @ts-expect-error the names are those of the wire
    void client.create({ target_url, expiresIn: '1h' })
    // @ts-expect-error not a policy
    void client.create({ target_url, access_policy: { ip_allow: [] } })
  })

  it('has fields of their types', () => {
    // @ts-expect-error a number
    void client.create({ target_url, max_sessions: '3' })
    // @ts-expect-error a boolean
    void client.create({ target_url, one_time_use: 1 })
    // @ts-expect-error a string
    void client.create({ target_url, expires_in: 3600 })
  })

  it('is what a batch is made of', () => {
    void client.batchCreate({ items: [{ target_url }, { type: 'tunnel' }] })
    // @ts-expect-error the second item has no target URL
    void client.batchCreate({ items: [{ target_url }, {}] })
    // @ts-expect-error items is missing
    void client.batchCreate({})
  })
})

describe('the expiry', () => {
  it('of a new link is a duration or a moment, or none', () => {
    expectTypeOf<object>().toExtend<MintInput>()
    expectTypeOf<{ expires_in: string }>().toExtend<MintInput>()
    expectTypeOf<{ expires_at: string; label: string }>().toExtend<MintInput>()
    expectTypeOf<{ expires_in: string; expires_at: string }>().not.toExtend<MintInput>()
    void client.mintLink('r_1')
    // @ts-expect-error both
    void client.mintLink('r_1', { expires_in: '1h', expires_at: '2026-06-01T12:00:00Z' })
  })

  it('of an extension is exactly one of the two', () => {
    expectTypeOf<{ extend_by: string }>().toExtend<ExtendInput>()
    expectTypeOf<{ expires_at: string }>().toExtend<ExtendInput>()
    expectTypeOf<{ extend_by: string; expires_at: string }>().not.toExtend<ExtendInput>()
    // @ts-expect-error neither
    void client.extend('r_1', {})
    // @ts-expect-error another field
    void client.extend('r_1', { extend_by: '1d', description: 'x' })
  })

  it('of an update is at most one of the two', () => {
    expectTypeOf<{ extend_by: string; tags: string[] }>().toExtend<UpdateInput>()
    expectTypeOf<{ description: string }>().toExtend<UpdateInput>()
    expectTypeOf<{ extend_by: string; expires_at: string }>().not.toExtend<UpdateInput>()
    expectTypeOf<{ extend_by: string; label: string }>().toExtend<UpdateResourceQurlInput>()
    expectTypeOf<{ max_sessions: number }>().toExtend<UpdateResourceQurlInput>()
    expectTypeOf<{ extend_by: string; expires_at: string }>().not.toExtend<UpdateResourceQurlInput>()
    // @ts-expect-error no policy here
    void client.update('r_1', { access_policy: {} })
    // @ts-expect-error a link stays what it was in this
    void client.updateResourceQurl('r_1', 'q_1', { one_time_use: true })
  })
})

describe('CreateResourceInput', () => {
  it('is a URL, or a tunnel with its slug', () => {
    expectTypeOf<{ target_url: string; alias: string }>().toExtend<CreateResourceInput>()
    expectTypeOf<{ type: 'tunnel'; slug: string; find_or_create: true }>().toExtend<CreateResourceInput>()
    // @ts-expect-error a tunnel needs a slug
    void client.createResource({ type: 'tunnel' })
    // @ts-expect-error a URL has no slug
    void client.createResource({ target_url, slug: 'db' })
    // @ts-expect-error only tunnels are found by slug
    void client.createResource({ target_url, find_or_create: true })
    // @ts-expect-error neither
    void client.createResource({})
  })
})

describe('UpdateResourceInput', () => {
  it('clears an alias with null, and has no alias beside a custom domain', () => {
    expectTypeOf<{ alias: null }>().toExtend<UpdateResourceInput>()
    expectTypeOf<{ custom_domain: ''; preserve_host: true }>().toExtend<UpdateResourceInput>()
    expectTypeOf<{ custom_domain: string; alias: string }>().not.toExtend<UpdateResourceInput>()
    // @ts-expect-error only the alias takes null
    void client.updateResource('r_1', { description: null })
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

  it('of resources are a look-up or a filter', () => {
    expectTypeOf<{ slug: string }>().toExtend<ResourceListInput>()
    expectTypeOf<{ status: string; type: string; limit: number }>().toExtend<ResourceListInput>()
    expectTypeOf<{ slug: string; alias: string }>().not.toExtend<ResourceListInput>()
    expectTypeOf<{ slug: string; status: string }>().not.toExtend<ResourceListInput>()
  })
})

describe('CreateApiKeyInput', () => {
  it('is a name with scopes, or a kind', () => {
    expectTypeOf<{ name: string; scopes: string[] }>().toExtend<CreateApiKeyInput>()
    expectTypeOf<{
      kind: 'enrollment_token'
      target: 'connector'
      claims: { type: string; id: string }[]
    }>().toExtend<CreateApiKeyInput>()
    // @ts-expect-error the scopes are missing
    void client.createApiKey({ name: 'x' })
    // @ts-expect-error a purpose is of the older form
    void client.createApiKey({ kind: 'api_key', purpose: 'tunnel_bootstrap' })
    expectTypeOf<{ name: string }>().toExtend<UpdateApiKeyInput>()
    expectTypeOf<ApiKey['kind']>().toExtend<string | undefined>()
  })
})

describe('open enums', () => {
  it('know their values and take others', () => {
    expectTypeOf<'qurl.created'>().toExtend<CreateWebhookInput['events'][number]>()
    expectTypeOf<string>().toExtend<CreateWebhookInput['events'][number]>()
    expectTypeOf<string>().toExtend<QURL['status']>()
    expectTypeOf<string>().toExtend<AccessToken['status']>()
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
    expectTypeOf(createError).returns.toEqualTypeOf<QURLError>()
    // @ts-expect-error the code is missing
    createError({ status: 404, title: 'Not found' })
  })
})

describe('verifyWebhookSignature', () => {
  it('takes a raw body, and a header that may be missing', () => {
    expectTypeOf(verifyWebhookSignature).returns.resolves.toBeBoolean()
    void verifyWebhookSignature('{}', new Headers().get('QURL-Signature'), 'whsec_1')
    // @ts-expect-error a parsed body
    void verifyWebhookSignature({ id: 'evt_1' }, 'x', 'whsec_1')
  })
})
