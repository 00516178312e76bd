import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signWebhook } from 'fetch-idempotency/contracts'

const secret = Buffer.from('a secret of 24 bytes or so').toString('base64')
const attempt = { id: 'msg_1', sentAtMs: 1_795_845_600_999, body: '{"type":"user.created"}' }

describe('signWebhook', () => {
  it.each([secret, `whsec_${secret}`])('signs id, time and body with %s', async (given) => {
    const expected = createHmac('sha256', Buffer.from(secret, 'base64'))
      .update('msg_1.1795845600.{"type":"user.created"}')
      .digest('base64')
    expect(await signWebhook(given, attempt)).toEqual({
      'webhook-timestamp': '1795845600',
      'webhook-signature': `v1,${expected}`,
    })
  })

  it('signs anew for each attempt', async () => {
    const later = await signWebhook(secret, { ...attempt, sentAtMs: attempt.sentAtMs + 1000 })
    expect(later).not.toEqual(await signWebhook(secret, attempt))
  })

  it.each([
    ['whsec_*', attempt, /base64/],
    [secret, { ...attempt, id: 'msg.1' }, /dot/],
    [secret, { ...attempt, id: '' }, /id/],
  ])('refuses %s with %o', async (given, what, message) => {
    const error = await signWebhook(given, what).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(message)
    expect(String(error)).not.toContain(secret)
  })
})
