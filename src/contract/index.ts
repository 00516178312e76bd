// Contracts of one's own
export { defineContract } from './define-contract.js'
export { bodyField, header, queryParameter, quotedHeader, type KeyCarrier } from './carrier.js'
export { generateHexKey, generateKey, generateRandomKey } from '../key/generate-key.js'
export type {
  Contract,
  ContractDefinition,
  KeptFailures,
  ReplayMarker,
  ServerContract,
} from './server-contract.js'
export type {
  AnswerMeanings,
  AnswerPattern,
  DuplicatePattern,
  ResultPlace,
  WrappedReplay,
} from './answer-patterns.js'
export type { Answer, Reading, StoredResult, Verdict } from './verdict.js'
export type { KeyRules } from '../key/key-rules.js'

// From an OpenAPI document
export { contractFromOpenApi } from './open-api/contract-from-open-api.js'

// Sending webhooks
export { signWebhook, type WebhookAttempt, type WebhookHeaders } from './sign-webhook.js'

// Presets: servers of which only the kind is known
export { standard } from './presets/standard.js'
export { duplicateConflict } from './presets/duplicate-conflict.js'

// Presets: specifications and guidelines
export { acp } from './presets/acp.js'
export { adcp } from './presets/adcp.js'
export { googleAip155 } from './presets/google-aip155.js'
export { iceberg } from './presets/iceberg.js'
export { ietf } from './presets/ietf.js'
export { oasis } from './presets/oasis.js'
export { standardWebhooks } from './presets/standard-webhooks.js'
export { ucp } from './presets/ucp.js'
export { zalando } from './presets/zalando.js'

// Presets: providers
export { adyen } from './presets/adyen.js'
export { amazonPay } from './presets/amazon-pay.js'
export { checkout } from './presets/checkout.js'
export { coinbase } from './presets/coinbase.js'
export { dwolla } from './presets/dwolla.js'
export { githubGraphql } from './presets/github-graphql.js'
export { gocardless } from './presets/gocardless.js'
export { increase } from './presets/increase.js'
export { lithic } from './presets/lithic.js'
export { mangopay } from './presets/mangopay.js'
export { mercadoPago } from './presets/mercado-pago.js'
export { modernTreasury } from './presets/modern-treasury.js'
export { paypal } from './presets/paypal.js'
export { plaid } from './presets/plaid.js'
export { qurl } from './presets/qurl.js'
export { razorpay } from './presets/razorpay.js'
export { resend } from './presets/resend.js'
export { shopifyGraphql } from './presets/shopify-graphql.js'
export { sparkpost } from './presets/sparkpost.js'
export { square } from './presets/square.js'
export { stripe } from './presets/stripe.js'
export { stripeV2 } from './presets/stripe-v2.js'
export { twilio } from './presets/twilio.js'
export { worldline } from './presets/worldline.js'
