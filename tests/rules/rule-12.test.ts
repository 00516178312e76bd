import { describe, expect, it } from 'vitest'
import { createIdempotentFetch } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

describe('Rule 12: wrapping twice is refused at construction', () => {
  const inner = createIdempotentFetch()

  it('our fetch inside our fetch', () => {
    expect(() => createIdempotentFetch({ fetch: inner })).toThrow(/wrapped already/)
  })

  it('our fetch inside ky with our hooks', () => {
    expect(() => idempotency({ fetch: inner })).toThrow(/wrapped already/)
  })

  it('our hooks’ fetch inside our fetch', () => {
    const { fetch } = idempotency()
    expect(() => createIdempotentFetch({ fetch: fetch as typeof globalThis.fetch })).toThrow(
      /wrapped already/,
    )
  })

  it('our hooks’ fetch inside ky with our hooks', () => {
    const { fetch } = idempotency()
    expect(() => idempotency({ fetch: fetch as typeof globalThis.fetch })).toThrow(/wrapped already/)
  })
})
