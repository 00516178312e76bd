// The client
export { QURLClient } from './client.js'
export { ProtectedResource } from './resources/protected-resource.js'
export { VERSION } from './version.js'
export type { ClientOptions, DebugLog, RetryDelay } from './client-options.js'
export type { ReadOptions, RequestOptions } from './call-options.js'

// What came with a result or an error
export { metaOf, type ResultMeta } from './meta.js'
export { idempotencyOf, type IdempotencyFacts } from '../ky/index.js'

// Webhooks that arrive
export { verifyWebhookSignature } from './webhook-signature.js'

// Errors
export {
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  createError,
  GoneError,
  NetworkError,
  NotFoundError,
  QURLError,
  RateLimitError,
  RuntimeError,
  ServerError,
  TimeoutError,
  ValidationError,
} from './errors.js'
export {
  isAuthenticationError,
  isAuthorizationError,
  isConflictError,
  isGoneError,
  isNetworkError,
  isNotFoundError,
  isQURLError,
  isRateLimitError,
  isRuntimeError,
  isServerError,
  isTimeoutError,
  isValidationError,
} from './errors.js'
export {
  ERROR_CODE_AMBIGUOUS_RESOURCE,
  ERROR_CODE_CLIENT_VALIDATION,
  ERROR_CODE_NETWORK,
  ERROR_CODE_NOT_MODIFIED,
  ERROR_CODE_REDIRECT_REFUSED,
  ERROR_CODE_RESOURCE_NOT_FOUND,
  ERROR_CODE_RUNTIME,
  ERROR_CODE_TIMEOUT,
  ERROR_CODE_UNEXPECTED_RESPONSE,
  ERROR_CODE_UNKNOWN,
} from './errors.js'
export type { Outcome, QURLErrorData, RateLimit, TombstoneInfo } from './errors.js'

// Shared types
export type { PaginatedOutput, UnpaginatedOutput } from './page.js'
export type {
  AccessPolicy,
  AccessToken,
  AIAgentCategory,
  AIAgentPolicy,
  Expiry,
  ExpiryChange,
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
  ExtendInput,
  ListAllInput,
  ListInput,
  ListOutput,
  MintInput,
  MintOutput,
  QURL,
  ResolveInput,
  ResolveOutput,
  UpdateInput,
} from './resources/qurls.js'

// Resources
export type {
  CreateQurlForResourceInput,
  CreateResourceInput,
  ResolveResourceInput,
  ResolveResourceOutput,
  Resource,
  ResourceDetail,
  ResourceListAllInput,
  ResourceListInput,
  ResourceListOutput,
  UpdateResourceInput,
  UpdateResourceQurlInput,
} from './resources/resources.js'

// Sessions
export type { Session, SessionListOutput, TerminateSessionsOutput } from './resources/sessions.js'

// Portals
export type { CreatePortalOptions, Portal } from './resources/portal.js'
export type { PortalForUrl, ProtectUrlOptions, ResourceHandle } from './resources/portals.js'

// Quota, usage, customer, billing
export type {
  CheckoutSession,
  CreateBillingCheckoutInput,
  Customer,
  Invoice,
  InvoiceListOutput,
  ListBillingInvoicesInput,
  PortalSession,
  Quota,
  UpdateCustomerInput,
  UsageCurrentPeriod,
  UsageDaily,
} from './resources/account.js'

// Domains
export type {
  DnsRecord,
  Domain,
  DomainCheck,
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
  WebhookEventType,
  WebhookEventTypeInfo,
  WebhookListOutput,
  WebhookPayload,
  WebhookStatus,
  WebhookWithSecret,
} from './resources/webhooks.js'

// API keys
export type {
  ApiKey,
  ApiKeyClaim,
  ApiKeyListOutput,
  ApiKeyScope,
  CreateApiKeyInput,
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
  ConnectorInstallationListOutput,
  ListConnectorInstallationsInput,
} from './resources/connectors.js'
