import { createOrder } from '../create-order.js'

/** A route handler. */
export async function POST(request) {
  const order = (await request.formData()).get('order')
  return Response.json(await createOrder(order))
}
