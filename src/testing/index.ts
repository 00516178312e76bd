// The contract of a store
export { storeChecks, type StoreCheck, type StoreUnderTest } from './store-checks.js'
