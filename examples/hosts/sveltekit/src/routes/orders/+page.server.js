import { env } from '$env/dynamic/private'
import { fail } from '@sveltejs/kit'
import { idempotencyOf } from 'fetch-idempotency'

export const actions = {
  default: async ({ request, fetch }) => {
    const order = (await request.formData()).get('order')
    try {
      const response = await fetch(`${env.ORDERS_URL}/orders`, {
        method: 'POST',
        body: JSON.stringify({ order }),
      })
      const { id } = await response.json()
      return { id, outcome: idempotencyOf(response)?.outcome }
    } catch (error) {
      return fail(502, { outcome: idempotencyOf(error)?.outcome })
    }
  },
}
