// #region
import { createIdempotentFetch } from 'fetch-idempotency'

// Next replaces the global fetch; it is looked up at each call. Writes are not cached.
export const send = createIdempotentFetch()
// #endregion
