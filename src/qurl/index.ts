// The client
export { QURLClient } from './client.js'
export { ProtectedResource } from './resources/protected-resource.js'
export { VERSION } from './version.js'
export type { ClientOptions, RetryDelay } from './client-options.js'
export type { DebugLevel, DebugLog } from './debug-log.js'
export type { ApiKeySource } from './credential.js'
export { createRetryBudget, type RetryBudget } from '../ky/index.js'
export type { ReadOptions, RequestOptions } from './call-options.js'

// What came with a result or an error
export { metaOf, type ResultMeta } from './meta.js'
export { idempotencyOf, type IdempotencyFacts } from '../ky/index.js'

// Webhooks that arrive
export { unwrapWebhook } from './unwrap-webhook.js'
export { verifyWebhookSignature, type WebhookBody, type WebhookHeader } from './webhook-signature.js'

// Errors
export { QURLError } from './qurl-error.js'
export {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  ConnectorResourceOutcomeUnknownError,
  createError,
  CRIDVerificationError,
  DelegatedBatchOutcomeUnknownError,
  GoneError,
  NetworkError,
  NotFoundError,
  RateLimitError,
  RuntimeError,
  ServerError,
  TimeoutError,
  ValidationError,
} from './errors.js'
export {
  isAuthenticationError,
  isAuthorizationError,
  isCRIDVerificationError,
  isConflictError,
  isConnectorResourceOutcomeUnknownError,
  isDelegatedBatchOutcomeUnknownError,
  isGoneError,
  isNetworkError,
  isNotFoundError,
  isQURLError,
  isRateLimitError,
  isRuntimeError,
  isServerError,
  isTimeoutError,
  isValidationError,
} from './error-guards.js'
export {
  ERROR_CODE_AMBIGUOUS_RESOURCE,
  ERROR_CODE_CLIENT_VALIDATION,
  ERROR_CODE_CONNECTOR_RESOURCE_OUTCOME_UNKNOWN,
  ERROR_CODE_CONNECTOR_RESOURCE_REVOKED,
  ERROR_CODE_CRID_MISMATCH,
  ERROR_CODE_DELEGATED_BATCH_OUTCOME_UNKNOWN,
  ERROR_CODE_INVALID_CRID,
  ERROR_CODE_INVALID_CRID_KEY,
  ERROR_CODE_MISSING_CRID,
  ERROR_CODE_NETWORK,
  ERROR_CODE_NOT_MODIFIED,
  ERROR_CODE_RESOURCE_NOT_FOUND,
  ERROR_CODE_RUNTIME,
  ERROR_CODE_TIMEOUT,
  ERROR_CODE_UNEXPECTED_RESPONSE,
  ERROR_CODE_UNKNOWN,
  ERROR_CODE_WEBHOOK_SIGNATURE,
} from './error-codes.js'
export type { CRIDVerificationErrorCode } from './errors.js'
export type { Outcome, QURLErrorData, RateLimit, TombstoneInfo } from './qurl-error.js'

// Shared types
export type { Meta } from './call.js'
export type { PageInput, PagePromise, PaginatedOutput, UnpaginatedOutput } from './page.js'
export type {
  AccessPolicy,
  AccessToken,
  AIAgentCategory,
  AIAgentPolicy,
  Expiry,
  ExpiryChange,
  Given,
  Open,
  QurlSummary,
  ResourceStatus,
  TokenStatus,
} from './types.js'

// qURLs
export type {
  BatchCreateInput,
  BatchCreateOutput,
  BatchItemFailure,
  BatchItemResult,
  BatchItemSuccess,
} from './resources/batch.js'
export type { CreateInput, CreateOutput, LinkOptions, ResourceType } from './resources/link.js'
export type {
  AccessGrant,
  ExtendInput,
  MintInput,
  MintOutput,
  ResolveInput,
  ResolveOutput,
  UpdateInput,
} from './resources/qurls.js'
export type { ListAllInput, ListInput, ListOutput, QURL } from './resources/qurl.js'

// Resources
export type {
  CreateQurlForResourceInput,
  ResolveResourceInput,
  ResolveResourceOutput,
  UpdateResourceQurlInput,
} from './resources/resource-links.js'
export type {
  CreateResourceInput,
  Resource,
  ResourceDetail,
  ResourceListAllInput,
  ResourceListInput,
  ResourceListOutput,
  UpdateResourceInput,
} from './resources/resources.js'

// Sessions
export type {
  Session,
  SessionListOutput,
  SessionTerminateOutput,
  TerminateSessionsOutput,
} from './resources/sessions.js'

// Temporary links by CRID
export { ShareLink, type ShareLinkInit, type ShareLinkJSON } from './resources/share-link.js'
export type { ShareResourceOptions } from './resources/share.js'

// Connectors' resources
export { ConnectorResource } from './resources/connector-resource.js'
export type { EnsureConnectorResourceResult } from './resources/connector-resources.js'

// Delegated batches
export type {
  CreateDelegatedQurlBatchOptions,
  GetDelegatedQurlBatchOptions,
} from './resources/delegated-qurls.js'
export type {
  DelegatedQurlBatchAccepted,
  DelegatedQurlBatchItemResult,
  GetDelegatedQurlBatchOutput,
} from './resources/delegated-answer.js'
export type { DelegatedQurl } from './resources/delegated-link.js'
export type { CreateDelegatedQurlBatchInput, DelegatedQurlGrant } from './resources/delegated-input.js'

// Portals
export type { CreatePortalOptions, Portal } from './resources/portal.js'
export type { PortalForUrl, ProtectUrlOptions, ResourceHandle } from './resources/portals.js'

// Who calls, quota, usage, customer, billing
export type {
  Me,
  Plan,
  Quota,
  UsageCostEstimate,
  UsageCurrentPeriod,
  UsageDaily,
  UsageDailyEntry,
} from './resources/account.js'
export type {
  BillingInvoiceListOutput,
  CheckoutSession,
  CreateBillingCheckoutInput,
  Customer,
  Invoice,
  InvoiceListOutput,
  ListBillingInvoicesInput,
  PortalSession,
  UpdateCustomerInput,
} from './resources/billing.js'

// Domains
export type {
  DnsRecord,
  Domain,
  DomainCheck,
  DomainCheckDetail,
  DomainListOutput,
  DomainStatus,
  DomainVerifyResult,
  ListDomainsInput,
  RegisterDomainInput,
} from './resources/domains.js'

// Webhooks
export type {
  CreateWebhookInput,
  ListWebhookDeliveriesInput,
  ListWebhooksInput,
  UpdateWebhookInput,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryListOutput,
  WebhookListOutput,
  WebhookStatus,
  WebhookWithSecret,
} from './resources/webhooks.js'
export type {
  WebhookEvent,
  WebhookEventType,
  WebhookEventTypeInfo,
  WebhookPayload,
} from './resources/webhook-event.js'

// API keys
export { isApiKeyRequestScope } from './resources/api-key-input.js'
export type {
  ApiKeyClaim,
  ApiKeyRequestScope,
  ApiKeyScope,
  CreateApiKeyInput,
  CreateBootstrapKeyInput,
  CreateDurableApiKeyInput,
  CreateEnrollmentTokenInput,
  CredentialClaimInput,
  CredentialTargetInput,
} from './resources/api-key-input.js'
export type {
  ApiKey,
  ApiKeyListOutput,
  CreateApiKeyOutput,
  ListApiKeysInput,
  UpdateApiKeyInput,
} from './resources/api-keys.js'

// Access codes
export type {
  AccessCode,
  AccessCodeListOutput,
  CreateAccessCodeInput,
  CreateAccessCodeOutput,
  RedeemAccessCodeInput,
  RedeemAccessCodeOutput,
} from './resources/access-codes.js'

// Connectors
export type {
  ConnectorInstallation,
  ConnectorInstallationCapabilities,
  ConnectorInstallationListOutput,
  ConnectorInstallationStats,
  ListConnectorInstallationsInput,
} from './resources/connectors.js'
