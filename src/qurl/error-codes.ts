// The `code` of errors that the client itself makes. All other codes are the service's.

/** The input was refused before anything was sent. */
export const ERROR_CODE_CLIENT_VALIDATION = 'client_validation'
/** The answer is not what the service documents, or a redirect, which is not followed. */
export const ERROR_CODE_UNEXPECTED_RESPONSE = 'unexpected_response'
/** Nothing was sent, or no whole answer arrived. */
export const ERROR_CODE_NETWORK = 'network_error'
/** `timeout` or `deadlineMs` was over. */
export const ERROR_CODE_TIMEOUT = 'timeout'
/** The runtime lacks something, or the `apiKey` function failed. */
export const ERROR_CODE_RUNTIME = 'runtime_error'
/** A look-up found nothing. */
export const ERROR_CODE_RESOURCE_NOT_FOUND = 'resource_not_found'
/** A look-up found more than one resource. */
export const ERROR_CODE_AMBIGUOUS_RESOURCE = 'ambiguous_resource'
/** 304: what you have is current. */
export const ERROR_CODE_NOT_MODIFIED = 'not_modified'
/** The answer named no code. */
export const ERROR_CODE_UNKNOWN = 'unknown'
/** A webhook delivery was not signed with the secret. */
export const ERROR_CODE_WEBHOOK_SIGNATURE = 'webhook_signature_invalid'
/** A connector resource may have been made or deleted. */
export const ERROR_CODE_CONNECTOR_RESOURCE_OUTCOME_UNKNOWN = 'connector_resource_outcome_unknown'
/** The connector resource has been revoked. */
export const ERROR_CODE_CONNECTOR_RESOURCE_REVOKED = 'connector_resource_revoked'
/** A delegated batch may have been accepted. */
export const ERROR_CODE_DELEGATED_BATCH_OUTCOME_UNKNOWN = 'delegated_batch_outcome_unknown'
/** The link came without a CRID. */
export const ERROR_CODE_MISSING_CRID = 'missing_crid'
/** The CRID of the link is malformed. */
export const ERROR_CODE_INVALID_CRID = 'invalid_crid'
/** The key is not binary data. */
export const ERROR_CODE_INVALID_CRID_KEY = 'invalid_crid_key'
/** The key is not the one that the CRID was made from. */
export const ERROR_CODE_CRID_MISMATCH = 'crid_mismatch'
