/**
 * Names that an example may use without declaring them, so that it shows one thing only.
 * Every export of this file is such a name.
 */
export const order = { id: 'order-1', item: 'book', quantity: 1 }
export const orders = Array.from({ length: 3 }, (_, index) => ({ ...order, id: `order-${index + 1}` }))
export const items = Array.from({ length: 100 }, (_, index) => ({ sku: `item-${index + 1}`, quantity: 1 }))
export const payment = { amount: 4200, currency: 'eur' }
export const job = { id: 'job-0193f0a2', startedAt: new Date('2026-01-01T00:00:00Z'), payload: order }
export const url = 'https://api.example.com/orders'
export const token = 'example-token'
export const apiKey = 'example-api-key'
