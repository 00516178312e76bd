import { idempotencyOf } from 'fetch-idempotency'
import { send } from './send.js'

export async function createOrder(order) {
  try {
    const body = JSON.stringify({ order })
    const response = await send(`${process.env.ORDERS_URL}/orders`, { method: 'POST', body })
    const { id } = await response.json()
    return { id, outcome: idempotencyOf(response)?.outcome }
  } catch (error) {
    return { failed: true, outcome: idempotencyOf(error)?.outcome }
  }
}
