import { describe, expect, it } from 'vitest'
import { watchBody } from '../../src/transport/watch-body.js'

describe('watchBody', () => {
  it('leaves a body alone that nobody reads, so that the runtime can free its connection', async () => {
    const given = new Response('whole')
    const { answer } = watchBody(given, () => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    expect([given.body?.locked, given.bodyUsed]).toEqual([false, false])
    expect(await answer.text()).toBe('whole')
    expect(given.bodyUsed).toBe(true)
  })
})
