import { redirect } from 'next/navigation'
import { createOrder } from './create-order.js'

/** A server action. */
async function submit(form) {
  'use server'
  const told = await createOrder(form.get('order'))
  redirect(`/?${new URLSearchParams(told)}`)
}

export default function Page() {
  return (
    <form action={submit}>
      <input name="order" />
    </form>
  )
}
