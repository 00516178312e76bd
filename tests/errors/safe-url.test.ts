import { describe, expect, it } from 'vitest'
import { safeUrl, withSafeUrls } from '../../src/errors/safe-url.js'

describe('safeUrl', () => {
  it.each([
    ['https://api.test/orders', 'https://api.test/orders'],
    ['https://api.test/orders?token=SECRET#SECRET', 'https://api.test/orders'],
    ['https://user:SECRET@api.test/orders', 'https://api.test/orders'],
    ['https://user:p@SECRET@host.test/', 'https://host.test/'],
    ['https:\\\\user:SECRET@host.test/', 'https://host.test/'],
    [' https://user:SECRET@host.test/', 'https://host.test/'],
    ['https:user:SECRET@host.test/', 'https://host.test/'],
    ['https:/user:SECRET@host.test/', 'https://host.test/'],
    ['ht\ttps://user:SECRET@host.test/', 'https://host.test/'],
    ['https://host.test:8443/@me', 'https://host.test:8443/@me'],
    ['/orders?token=SECRET', '/orders'],
    ['orders#SECRET', 'orders'],
    ['//user:SECRET@host.test/a', '//host.test/a'],
    ['https://user:SECRET@[', 'https://['],
    ['https://user:SECRET@host test/a?b=SECRET', 'https://host test/a'],
    ['https://SECRET', 'https://SECRET'],
  ])('shows %j as %j', (url, shown) => {
    expect(safeUrl(url)).toBe(shown)
  })
})

describe('withSafeUrls', () => {
  it('takes what may be secret out of the URLs in a text', () => {
    expect(withSafeUrls('Failed to parse URL from https://u:SECRET@host.test/a?b=SECRET (twice)')).toBe(
      'Failed to parse URL from https://host.test/a (twice)',
    )
  })
})
