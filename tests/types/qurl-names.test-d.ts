import { describe, expectTypeOf, it } from 'vitest'
import type * as Qurl from 'fetch-idempotency/qurl'

/** Every class, constant and function that the official clients 0.3 and 2.x export, but for the enrolment of agents. */
type Values =
  | 'QURLClient'
  | 'ProtectedResource'
  | 'ConnectorResource'
  | 'ShareLink'
  | 'VERSION'
  | 'createError'
  | 'isApiKeyRequestScope'
  | 'QURLError'
  | 'ValidationError'
  | 'AuthenticationError'
  | 'AuthorizationError'
  | 'NotFoundError'
  | 'RateLimitError'
  | 'ServerError'
  | 'NetworkError'
  | 'TimeoutError'
  | 'RuntimeError'
  | 'CRIDVerificationError'
  | 'ConnectorResourceOutcomeUnknownError'
  | 'DelegatedBatchOutcomeUnknownError'
  | 'ERROR_CODE_AMBIGUOUS_RESOURCE'
  | 'ERROR_CODE_CLIENT_VALIDATION'
  | 'ERROR_CODE_NETWORK'
  | 'ERROR_CODE_RESOURCE_NOT_FOUND'
  | 'ERROR_CODE_RUNTIME'
  | 'ERROR_CODE_TIMEOUT'
  | 'ERROR_CODE_UNEXPECTED_RESPONSE'
  | 'ERROR_CODE_UNKNOWN'
  | 'ERROR_CODE_CONNECTOR_RESOURCE_OUTCOME_UNKNOWN'
  | 'ERROR_CODE_CONNECTOR_RESOURCE_REVOKED'
  | 'ERROR_CODE_DELEGATED_BATCH_OUTCOME_UNKNOWN'
  | 'ERROR_CODE_MISSING_CRID'
  | 'ERROR_CODE_INVALID_CRID'
  | 'ERROR_CODE_INVALID_CRID_KEY'
  | 'ERROR_CODE_CRID_MISMATCH'

/** Every method of their client. */
type Methods =
  | 'create'
  | 'batchCreate'
  | 'get'
  | 'list'
  | 'listAll'
  | 'update'
  | 'extend'
  | 'mintLink'
  | 'delete'
  | 'resolve'
  | 'createResource'
  | 'listResources'
  | 'listAllResources'
  | 'getResource'
  | 'updateResource'
  | 'deleteResource'
  | 'createQurlForResource'
  | 'updateResourceQurl'
  | 'revokeResourceQurl'
  | 'listResourceSessions'
  | 'terminateAllResourceSessions'
  | 'terminateResourceSession'
  | 'protectUrl'
  | 'resourceById'
  | 'resourceByCrid'
  | 'connectorResource'
  | 'createPortal'
  | 'createPortalForUrl'
  | 'enterPortal'
  | 'shareResource'
  | 'ensureConnectorResource'
  | 'getConnectorResource'
  | 'getConnectorResourceBySlug'
  | 'deleteConnectorResource'
  | 'createDelegatedQurlBatch'
  | 'getDelegatedQurlBatch'
  | 'getDelegatedQurl'
  | 'deleteDelegatedQurl'
  | 'getQuota'
  | 'getUsageCurrentPeriod'
  | 'getUsageDaily'
  | 'getCustomer'
  | 'updateCustomer'
  | 'createBillingCheckout'
  | 'createBillingPortal'
  | 'listBillingInvoices'
  | 'listAllBillingInvoices'
  | 'registerDomain'
  | 'listDomains'
  | 'listAllDomains'
  | 'getDomain'
  | 'deleteDomain'
  | 'verifyDomain'
  | 'regenerateDomainToken'
  | 'createWebhook'
  | 'listWebhooks'
  | 'listAllWebhooks'
  | 'listWebhookEventTypes'
  | 'getWebhook'
  | 'updateWebhook'
  | 'deleteWebhook'
  | 'regenerateWebhookSecret'
  | 'listWebhookDeliveries'
  | 'listAllWebhookDeliveries'
  | 'createApiKey'
  | 'listApiKeys'
  | 'listAllApiKeys'
  | 'updateApiKey'
  | 'revokeApiKey'
  | 'createAccessCode'
  | 'listAccessCodes'
  | 'redeemAccessCode'
  | 'revokeAccessCode'
  | 'listConnectorInstallations'
  | 'listAllConnectorInstallations'
  | 'toJSON'

/** Every type that they export: a name that is missing does not compile. */
export type Types = [
  Qurl.AccessCode,
  Qurl.AccessCodeListOutput,
  Qurl.AccessGrant,
  Qurl.AccessPolicy,
  Qurl.AccessToken,
  Qurl.AIAgentCategory,
  Qurl.AIAgentPolicy,
  Qurl.ApiKey,
  Qurl.ApiKeyListOutput,
  Qurl.ApiKeyScope,
  Qurl.BatchCreateInput,
  Qurl.BatchCreateOutput,
  Qurl.BatchItemFailure,
  Qurl.BatchItemResult,
  Qurl.BatchItemSuccess,
  Qurl.BillingInvoiceListOutput,
  Qurl.ClientOptions,
  Qurl.ConnectorInstallation,
  Qurl.ConnectorInstallationCapabilities,
  Qurl.ConnectorInstallationListOutput,
  Qurl.ConnectorInstallationStats,
  Qurl.CreateAccessCodeInput,
  Qurl.CreateAccessCodeOutput,
  Qurl.CreateApiKeyInput,
  Qurl.CreateApiKeyOutput,
  Qurl.CreateBillingCheckoutInput,
  Qurl.CreateInput,
  Qurl.CreateOutput,
  Qurl.CreatePortalOptions,
  Qurl.CreateQurlForResourceInput,
  Qurl.CreateResourceInput,
  Qurl.CreateWebhookInput,
  Qurl.Customer,
  Qurl.CheckoutSession,
  Qurl.DnsRecord,
  Qurl.Domain,
  Qurl.DomainCheckDetail,
  Qurl.DomainListOutput,
  Qurl.DomainVerifyResult,
  Qurl.ExtendInput,
  Qurl.Invoice,
  Qurl.ListApiKeysInput,
  Qurl.ListBillingInvoicesInput,
  Qurl.ListConnectorInstallationsInput,
  Qurl.ListDomainsInput,
  Qurl.ListInput,
  Qurl.ListOutput,
  Qurl.ListWebhooksInput,
  Qurl.ListWebhookDeliveriesInput,
  Qurl.Meta,
  Qurl.MintInput,
  Qurl.MintOutput,
  Qurl.PaginatedOutput,
  Qurl.Portal,
  Qurl.PortalSession,
  Qurl.ProtectUrlOptions,
  Qurl.QURL,
  Qurl.QURLErrorData,
  Qurl.QurlSummary,
  Qurl.Quota,
  Qurl.RedeemAccessCodeInput,
  Qurl.RedeemAccessCodeOutput,
  Qurl.RegisterDomainInput,
  Qurl.Resource,
  Qurl.ResourceDetail,
  Qurl.ResourceHandle,
  Qurl.ResourceListInput,
  Qurl.ResourceListOutput,
  Qurl.ResourceType,
  Qurl.RequestOptions,
  Qurl.ResolveInput,
  Qurl.ResolveOutput,
  Qurl.Session,
  Qurl.SessionListOutput,
  Qurl.SessionTerminateOutput,
  Qurl.TombstoneInfo,
  Qurl.UnpaginatedOutput,
  Qurl.UpdateApiKeyInput,
  Qurl.UpdateCustomerInput,
  Qurl.UpdateInput,
  Qurl.UpdateResourceInput,
  Qurl.UpdateResourceQurlInput,
  Qurl.UpdateWebhookInput,
  Qurl.UsageCostEstimate,
  Qurl.UsageCurrentPeriod,
  Qurl.UsageDaily,
  Qurl.UsageDailyEntry,
  Qurl.Webhook,
  Qurl.WebhookDelivery,
  Qurl.WebhookDeliveryListOutput,
  Qurl.WebhookEventType,
  Qurl.WebhookEventTypeInfo,
  Qurl.WebhookListOutput,
  Qurl.WebhookPayload,
  Qurl.WebhookWithSecret,
  Qurl.ApiKeyRequestScope,
  Qurl.CreateDelegatedQurlBatchInput,
  Qurl.CreateDelegatedQurlBatchOptions,
  Qurl.CreateDurableApiKeyInput,
  Qurl.CreateEnrollmentTokenInput,
  Qurl.CredentialClaimInput,
  Qurl.CredentialTargetInput,
  Qurl.DelegatedQurl,
  Qurl.DelegatedQurlBatchAccepted,
  Qurl.DelegatedQurlBatchItemResult,
  Qurl.DelegatedQurlGrant,
  Qurl.GetDelegatedQurlBatchOptions,
  Qurl.GetDelegatedQurlBatchOutput,
  Qurl.ShareResourceOptions,
  Qurl.EnsureConnectorResourceResult,
  Qurl.CRIDVerificationErrorCode,
  Qurl.ShareLinkInit,
  Qurl.ShareLinkJSON,
]

describe('the names of the official clients', () => {
  it('are exported', () => {
    expectTypeOf<Exclude<Values, keyof typeof Qurl>>().toEqualTypeOf<never>()
  })

  it('are methods of the client', () => {
    expectTypeOf<Exclude<Methods, keyof Qurl.QURLClient>>().toEqualTypeOf<never>()
  })

  it('are fields of their results', () => {
    expectTypeOf<Qurl.Portal>().toExtend<{
      crid: string
      resourcePublicKey: string
      resourceId: string
      link: string
    }>()
    expectTypeOf<Qurl.ProtectedResource>().toExtend<{ crid: string; id: string }>()
    expectTypeOf<Qurl.ResourceHandle['resourcePublicKey']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<Qurl.EnsureConnectorResourceResult>().toExtend<{ foundExisting: boolean }>()
    expectTypeOf<Qurl.DelegatedBatchOutcomeUnknownError['batchId']>().toEqualTypeOf<string | undefined>()
  })
})
