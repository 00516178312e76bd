/**
 * Spans and metrics of operations, by OpenTelemetry.
 *
 * @packageDocumentation
 */
export { openTelemetry, type OpenTelemetryOptions, type OpenTelemetrySeams } from './open-telemetry.js'
export { resendCount } from './resend-count.js'
