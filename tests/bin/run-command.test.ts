import { describe, expect, it } from 'vitest'
import { chooseExitCode } from '../../src/bin/run-probe.js'
import { createFakeServer } from '../probe/fake-server.js'
import { run } from './command.js'

const url = 'https://sandbox.example.com/orders'

describe('runCommand', () => {
  it('prints its help', async () => {
    const { code, printed } = await run(['--help'])
    expect(code).toBe(0)
    expect(printed).toContain('It makes real things')
    expect(Math.max(...printed.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(await run(['probe', '--help'])).toMatchObject({ code: 0, printed })
    expect(await run([])).toMatchObject({ code: 2, printed })
  })

  it.each<[string, string[], string]>([
    ['another command', ['send', url], 'there is no command "send"'],
    ['no URL', ['probe'], 'probe takes one URL'],
    ['two URLs', ['probe', url, url], 'probe takes one URL'],
    ['a URL that is none', ['probe', 'orders'], 'url must be an absolute URL'],
    ['an unknown option', ['probe', url, '--bodies', 'a'], "Unknown option '--bodies'"],
    ['an option without its value', ['probe', url, '--body'], '--body'],
    ['a header that is none', ['probe', url, '--header', 'secret-token'], '--header must have the form'],
    ['a number that is none', ['probe', url, '--budget', 'many'], '--budget must be a number'],
    ['a budget that is too small', ['probe', url, '--budget', '1'], 'budget'],
    [
      'an unknown preset',
      ['probe', url, '--preset', 'acme'],
      'there is no preset "acme"; there are standard, ietf',
    ],
    ['two carriers', ['probe', url, '--key-field', 'id', '--key-header', 'X-Id'], 'choose one of'],
    ['a file that is missing', ['probe', url, '--body', '@order.json'], 'ENOENT'],
    ['a file that is none of ours', ['probe', url, '--again', 'text'], 'is no file that --save has written'],
    ['a header name', ['probe', url, '--key-header', 'a b'], 'contract.carrier.name'],
  ])('refuses %s', async (_, args, message) => {
    const { fetch, seen } = createFakeServer()
    const ran = await run([...args, '--yes'], { fetch }, new Map([['text', 'text']]))
    expect(ran.code).toBe(2)
    expect(ran.reported).toContain(message)
    expect(ran.reported).not.toContain('secret-token')
    expect(seen).toHaveLength(0)
  })

  it('sends nothing without --yes, and says what it would send', async () => {
    const { fetch, seen } = createFakeServer()
    const ran = await run(['probe', url, '-H', 'authorization: Bearer secret'], { fetch })
    expect(ran.code).toBe(4)
    expect(ran.printed).toContain('At most 12 writes')
    expect(ran.printed).not.toContain('secret')
    expect(ran.reported).toContain('add --yes')
    expect(seen).toHaveLength(0)
  })

  it('hands on everything that is asked for', async () => {
    const { fetch, seen } = createFakeServer()
    const files = new Map([
      ['order.json', '{"a":"{{unique}}"}\n'],
      ['headers', 'Authorization: Bearer one\nX-Tenant: t\n'],
    ])
    const args = [
      '--method',
      'put',
      '--header',
      '@headers',
      '--body',
      '@order.json',
      '--key-header',
      'X-Request-Id',
    ]
    const more = ['--budget', '3', '--timeout', '2', '--yes', '--json']
    const ran = await run(['probe', url, ...args, ...more], { fetch }, files)
    expect(seen).toHaveLength(3)
    expect(seen[0]).toMatchObject({ method: 'PUT', url })
    expect(seen[0]!.body).toMatch(/^\{"a":"[\da-f]{12}"\}$/)
    expect([...seen[0]!.headers.keys()]).toEqual([
      'authorization',
      'content-type',
      'x-request-id',
      'x-tenant',
    ])
    const report = JSON.parse(ran.printed)
    expect(report).toMatchObject({ method: 'PUT', keyIn: 'X-Request-Id', sent: 3, conclusion: 'ignored' })
    expect(ran.code).toBe(1)
  })

  it('takes a token or a whole header for the second user', async () => {
    for (const [given, name, value] of [
      ['second', 'authorization', 'Bearer second'],
      ['X-Api-Key: second', 'x-api-key', 'second'],
    ] as const) {
      const { fetch, seen } = createFakeServer()
      await run(['probe', url, '--token2', given, '--yes'], { fetch })
      expect(seen.filter(({ headers }) => headers.get(name) === value)).toHaveLength(1)
    }
  })

  it('saves what a later run needs, and asks again with it', async () => {
    const { fetch, seen } = createFakeServer()
    const { files } = await run(['probe', url, '--save', 'probe.json', '--yes'], { fetch })
    const before = seen.length
    const ran = await run(
      ['probe', url, '--again', 'probe.json', '--save', 'probe.json', '--yes'],
      { fetch },
      new Map(files),
    )
    expect(seen).toHaveLength(before + 1)
    expect(ran).toMatchObject({ code: 0 })
    expect(ran.printed).toContain('the key is still known')
    expect(JSON.parse(ran.files.get('probe.json')!)).toMatchObject({ version: 1, method: 'POST', url })
  })

  it('paints on a terminal, unless it is told not to', async () => {
    const paint = async (line: Parameters<typeof run>[1]) =>
      (await run(['probe', url, '--yes'], { fetch: createFakeServer().fetch, ...line })).printed.includes(
        '\u001b[',
      )
    expect(await paint({ hasColours: true })).toBe(true)
    expect(await paint({ hasColours: false })).toBe(false)
    expect(await paint({ hasColours: true, env: { NO_COLOR: '1' } })).toBe(false)
    expect(await paint({ hasColours: false, env: { FORCE_COLOR: '1' } })).toBe(true)
  })

  it('shows on a terminal what is being sent, and leaves nothing of it', async () => {
    const { fetch } = createFakeServer()
    const { reported } = await run(['probe', url, '--yes'], { fetch, hasSpinner: true })
    expect(reported).toContain('1 of 12  first')
    expect(reported.endsWith('\r\u001b[K')).toBe(true)
    expect((await run(['probe', url, '--yes'], { fetch })).reported).toBe('')
  })

  it('tells what was learned and what is left when it is interrupted', async () => {
    const interrupt = new AbortController()
    const { fetch } = createFakeServer((_, number) => {
      if (number !== 3) return undefined
      interrupt.abort(new Error('interrupted'))
      return 'hang'
    })
    const ran = await run(['probe', url, '--delete', '/orders/{id}', '--yes'], {
      fetch,
      signal: interrupt.signal,
    })
    expect(ran.code).toBe(130)
    expect(ran.printed).toContain('interrupted')
    expect(ran.printed).toContain('Sent again, same key')
    expect(ran.printed).toContain('left behind: thing-1')
  })
})

describe('chooseExitCode', () => {
  const warning = (level: 'danger' | 'caution') => ({ code: 'race', level, text: '' }) as const
  const stop = (why: 'unauthorized' | 'aborted', step: 'first' | 'other-path' = 'first') =>
    ({ why, step, detail: '' }) as const
  const base = { stopped: undefined, warnings: [], conclusion: 'kept', retention: undefined } as const
  it.each([
    ['kept', base, 0],
    ['kept, with a caution', { ...base, warnings: [warning('caution')] }, 0],
    ['a danger', { ...base, warnings: [warning('danger')] }, 1],
    ['stopped', { ...base, stopped: stop('unauthorized'), conclusion: 'stopped' }, 3],
    ['stopped at the last question', { ...base, stopped: stop('unauthorized', 'other-path') }, 0],
    ['stopped after a danger', { ...base, stopped: stop('unauthorized'), warnings: [warning('danger')] }, 1],
    ['unclear', { ...base, conclusion: 'unclear' }, 5],
    ['interrupted', { ...base, stopped: stop('aborted') }, 130],
    [
      'still known',
      { ...base, conclusion: 'stopped', retention: { result: 'known', ageMs: 1, knownForMs: 1 } },
      0,
    ],
    [
      'forgotten',
      { ...base, conclusion: 'stopped', retention: { result: 'forgotten', ageMs: 1, knownForMs: 0 } },
      1,
    ],
    [
      'not told',
      { ...base, conclusion: 'stopped', retention: { result: 'unclear', ageMs: 1, knownForMs: 0 } },
      5,
    ],
  ] as const)('%s', (_, report, code) => {
    expect(chooseExitCode(report)).toBe(code)
  })
})
