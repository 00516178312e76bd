import { header } from '../carrier.js'
import { defineContract } from '../define-contract.js'
import { readField, readList } from '../json-field.js'

/**
 * The Mercado Pago API.
 *
 * - Key: raw `X-Idempotency-Key` on POST; mandatory for payments and refunds. A UUID is advised.
 * - Kept: unverified; a day is assumed.
 * - 409 with the cause `401001`: the first request is not done yet, try again later. Any other 409 is read as by `standard`. What a
 *   used key with another payload gets is not documented (unverified).
 * - A repetition gives the payment as it is now, unmarked.
 *
 * @see {@link https://www.mercadopago.com.br/developers/en/docs/wallet-connect/payment-flow/idempotency | Idempotency}
 * @see {@link https://www.mercadopago.com.br/developers/en/docs/wallet-connect/payment-flow/idempotency/responses | Responses}
 */
export const mercadoPago = defineContract({
  name: 'mercadoPago',
  carrier: header('X-Idempotency-Key'),
  methods: ['POST'],
  replayMayDiffer: true,
  classify: ({ status, json }) =>
    status === 409 && readList(json, 'cause').some((cause) => String(readField(cause, 'code')) === '401001')
      ? { verdict: 'running', namesKey: true }
      : undefined,
})
