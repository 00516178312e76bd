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
    ['https://user:pa/ss:SECRET@host.test/a', 'https://host.test/a'],
    ['https://user:pa?x:SECRET@host.test/', 'https://'],
    ['https://user:pa#x:SECRET@host.test/', 'https://'],
    ['https://host test/a?b=c@SECRET', 'https://host test/a'],
    ['\u00a0https://user:SECRET@host.test/', 'host.test/'],
    ['https//user:SECRET@host.test/a', 'host.test/a'],
    ['//user:SE/CRET@host.test', '//host.test'],
    ['blob:https://user:SECRET@host.test/id', 'blob:'],
    [' data:text/plain,SECRET', 'data:'],
    ['/users/@me?token=SECRET', '/users/@me'],
    ['users/@me', 'users/@me'],
    ['orders?token=a:b@SECRET', 'orders'],
    ['localhost:3000/orders', 'localhost:3000/orders'],
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

  it.each([
    ['request to //user:SECRET@host.test/a failed', 'request to //host.test/a failed'],
    ['Failed to parse URL from http://a b:SECRET@host.test/', 'Failed to parse URL from http://a host.test/'],
    ['https:user:SECRET@host.test/ failed', 'host.test/ failed'],
    ['load data:text/plain,SECRET', 'load data:'],
    ['at 12:30, jane@host.test', 'at 12:30, jane@host.test'],
  ])('shows %j as %j', (text, shown) => {
    expect(withSafeUrls(text)).toBe(shown)
  })

  it('takes no longer for what is long', () => {
    const long = `https://${':a'.repeat(50_000)}[`
    expect(safeUrl(`${long}?`)).toBe(long)
    expect(withSafeUrls(long)).toBe(long)
  })
})
