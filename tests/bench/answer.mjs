// @ts-check

/** What both transports answer. */
export const answerBody = JSON.stringify({ id: 'order_1', status: 'created', amount: 4200, currency: 'eur' })

export const answerHeaders = { 'content-type': 'application/json' }
