import { QURLClient, type ClientOptions } from 'fetch-idempotency/qurl'
import type { Operation } from './catalog/index.js'
import type { QurlServer } from './start-server.js'

/** A client of the server that waits for nothing between its attempts. */
export function clientFor(
  server: QurlServer,
  as: Operation['as'] = 'api-key',
  options: Partial<ClientOptions> = {},
): QURLClient {
  return new QURLClient({
    apiKey: as === 'jwt' ? server.jwt : server.apiKey,
    baseUrl: server.url,
    retryDelay: () => 0,
    ...options,
  })
}
