// Contracts of one's own
export { defineContract } from './define-contract.js'
export { bodyField, header, queryParameter, quotedHeader, type KeyCarrier } from './carrier.js'
export type { ContractDefinition, ReplayMarker, ServerContract } from './server-contract.js'
export type { Answer, Reading, Verdict } from './verdict.js'

// Presets
export { standard } from './presets/standard.js'
