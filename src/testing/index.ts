// Faults without sockets
export { faultyFetch, type FaultyFetch, type FaultyFetchOptions } from './faulty-fetch.js'
export { randomFaults, type RandomFaultsOptions } from './random-faults.js'
export type { FakeAnswer, Fault, FaultScript, SeenRequest, SocketFault } from './fault.js'

// A server without sockets
export { memoryServer, type MemoryServer, type MemoryServerOptions } from './memory-server.js'
export type { KeyedServiceOptions, RepeatAnswers, Work } from './keyed-service.js'

// Time
export { virtualClock, type VirtualClock } from './virtual-clock.js'

// The contract of a store
export { storeChecks, type StoreCheck } from './store-checks.js'
export type { StoreUnderTest } from './store-under-test.js'
