import { describe, expect, it } from 'vitest'
import { main } from '../../examples/qurl/main.mjs'
import { startWebhookReceiver } from '../../examples/qurl/webhook-receiver.mjs'

describe('examples/qurl/main.mjs', () => {
  it('does everything once, and says so', async () => {
    const lines: string[] = []
    const { effects, heard } = await main((line) => lines.push(line))
    expect(
      lines.map((line) =>
        line.replace(/MFkw[\w-]{118}|q_[a-z0-9]{11}|wh_[a-z0-9]{16}|at_[a-z0-9]{22}/g, '…'),
      ),
    ).toEqual([
      'webhook   … is on',
      'create    …: https://qurl.link/#…',
      'batch     100 made in 2 attempts, replayed: true',
      'mint      …, and again: …',
      'list      101 active resources',
      'revoke    …, although the first answer was lost',
      'conflict  revoked: This qURL is not active.',
      'webhook   signed events: 1 qurl.revoked, 1 token.minted, 101 qurl.created',
      expect.stringMatching(/^server {4}made 101 qURLs from \d+ requests$/),
    ])
    const [first, again] = /(q_\w+), and again: (q_\w+)/.exec(lines[3] ?? '')?.slice(1) ?? []
    expect(again).toBe(first)
    expect(effects).toMatchObject({ 'qurl.created': 101, 'link.minted': 102, 'token.revoked': 1 })
    expect(heard.filter((type) => type === 'qurl.created')).toHaveLength(101)
  })
})

describe('examples/qurl/webhook-receiver.mjs', () => {
  it('turns away what is not signed, or signed for another body, and hears an event once', async () => {
    const heard: unknown[] = []
    const receiver = await startWebhookReceiver((event) => void heard.push(event))
    const body = '{"id":"evt_1","type":"qurl.created"}'
    // HMAC-SHA256 of the body under "whsec_test".
    const signature = await sign(body, 'whsec_test')
    const post = async (text: string, signed: string, delivery = 'wd_1') =>
      (
        await fetch(receiver.url, {
          method: 'POST',
          headers: { 'QURL-Signature': signed, 'QURL-Delivery': delivery },
          body: text,
        })
      ).status
    try {
      expect(await post(body, signature), 'the secret is not known yet').toBe(500)
      receiver.trust('whsec_test')
      expect(await post(body, '')).toBe(401)
      expect(await post(body, signature.toUpperCase())).toBe(401)
      expect(await post(`${body} `, signature)).toBe(401)
      expect(heard).toEqual([])
      expect(await post(body, signature)).toBe(204)
      // This header is not signed.
      expect(await post(body, signature, 'wd_2')).toBe(204)
      expect(heard).toEqual([{ id: 'evt_1', type: 'qurl.created' }])
    } finally {
      await receiver.close()
    }
  })
})

async function sign(body: string, secret: string): Promise<string> {
  const text = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', text.encode(secret), hmac, false, ['sign'])
  return Buffer.from(await crypto.subtle.sign('HMAC', key, text.encode(body))).toString('hex')
}
