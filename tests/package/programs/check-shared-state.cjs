const assert = require('node:assert/strict')

/** An answer or error of one entry is understood by the others. */
exports.checkSharedState = async ({ main, forKy, contracts }) => {
  const send = main.createIdempotentFetch({
    contract: contracts.standard,
    fetch: async () => new Response('{}', { status: 201 }),
  })
  const response = await send('https://api.example.com/orders', { method: 'POST', body: '{}' })
  assert.equal(main.idempotencyOf(response).outcome, 'applied')
  assert.equal(forKy.idempotencyOf(response), main.idempotencyOf(response))

  const error = await send('https://api.example.com/orders', { method: 'POST', idempotencyKey: '' }).catch(
    (e) => e,
  )
  assert.ok(error instanceof main.KeyInvalidError, String(error))
  assert.ok(error instanceof main.IdempotencyError)
  assert.throws(
    () => main.createIdempotentFetch({ fetch: send }),
    'our own fetch inside our fetch is refused',
  )

  const { default: ky } = await import('ky')
  const api = ky.extend({
    ...forKy.idempotency({ contract: contracts.standard, fetch: async () => new Response('{}') }),
  })
  const answer = await api.post('https://api.example.com/orders', { json: {} })
  assert.equal(main.idempotencyOf(answer)?.attempts, 1)
  const refused = await api
    .post('https://api.example.com/orders', { context: { idempotencyKey: '' } })
    .catch((e) => e)
  assert.ok(refused instanceof main.KeyInvalidError, String(refused))
  console.log('ok')
}
