import { describe, expect, it } from 'vitest'
import { ValidationError } from '../../../src/qurl/errors.js'
import {
  atLeastOne,
  atMostOne,
  isAccessPolicy,
  isBoolean,
  isHttpUrl,
  isInteger,
  isName,
  isNames,
  isString,
  isTags,
  isText,
  required,
} from '../../../src/qurl/checks.js'
import {
  describeShape,
  inspectFields,
  readFields,
  readQuery,
  type Check,
} from '../../../src/qurl/validate.js'

const long = (length: number) => 'x'.repeat(length)

const table: [name: string, check: Check, accepted: unknown[], refused: unknown[]][] = [
  ['isString', isString, ['', 'x'], [1, null, {}, [], true]],
  ['isBoolean', isBoolean, [true, false], ['true', 0, 1, null, {}]],
  ['isText(5)', isText(5), ['', 'x', long(5)], [long(6), 1, null, []]],
  ['isName(5)', isName(5), ['x', ' ', long(5)], ['', long(6), 1, null, {}]],
  ['isName()', isName(), ['x', long(10_000)], ['', 24, null, []]],
  ['isInteger(0, 1000)', isInteger(0, 1000), [0, 1, 1000], [-1, 1001, 0.5, Number.NaN, '5', null, true]],
  ['isInteger(0)', isInteger(0), [0, 2 ** 40], [-1, 1.5, Number.POSITIVE_INFINITY, '1']],
  [
    'isHttpUrl',
    isHttpUrl,
    ['http://a', 'https://app.example/a?b#c', 'HTTPS://APP.example', `https://${long(2040)}`],
    ['', 'app.example', 'ftp://a', 'javascript:alert(1)', ' https://a', `https://${long(2041)}`, 7, null],
  ],
  ['isNames', isNames, [['a'], ['a', 'b']], [[], [''], ['a', 1], 'a', null, { 0: 'a' }]],
  [
    'isTags',
    isTags,
    [[], ['a'], ['A b_c-1'], [long(50)], Array.from({ length: 10 }, (_, index) => `t${index}`)],
    [[''], [' a'], ['-a'], ['ä'], [long(51)], [1], Array.from({ length: 11 }, () => 'a'), 'a', null],
  ],
  [
    'isAccessPolicy',
    isAccessPolicy,
    [
      {},
      { ip_allowlist: ['10.0.0.0/8'], geo_denylist: [], user_agent_allow_regex: '.*' },
      { ai_agent_policy: { block_all: true, deny_categories: ['gptbot'] } },
      { ip_allowlist: null },
    ],
    [
      [],
      'x',
      { ip_allowlist: '10.0.0.1' },
      { user_agent_deny_regex: /x/ },
      { ai_agent_policy: { block_all: 'yes' } },
      { ai_agent_policy: { allow_categories: 'gptbot' } },
      { ai_agent_policy: [] },
      { ip_allow: [] },
    ],
  ],
]

describe.each(table)('%s', (_, check, accepted, refused) => {
  it.each(accepted.map((value) => [value]))('accepts %j', (value) => {
    expect(check(value)).toBeUndefined()
  })

  it.each(refused.map((value) => [value]))('refuses %j', (value) => {
    expect(check(value)).toEqual(expect.any(String))
  })
})

describe('a check', () => {
  it('does not show the value', () => {
    for (const check of [isHttpUrl, isBoolean, isTags, isInteger(0, 1), isName(3)]) {
      expect(check('secret-value')).not.toContain('secret-value')
    }
  })

  it('names all tags that are wrong', () => {
    expect(isTags(['ok', '', 'fine', '-x'])).toMatch(/^\[1\], \[3\] /)
  })
})

const checks = { a: isString, b: isInteger(0, 9), c: isBoolean }

describe('inspectFields', () => {
  it.each([undefined, null, 'x', 1, true, [], () => {}, new Map(), new Date()])(
    'wants an object, not %o',
    (input) => {
      const { fields, problems } = inspectFields(input, checks)
      expect(fields).toEqual({})
      expect(problems).toEqual([`expected an object (got ${describeShape(input)})`])
    },
  )

  it('takes objects without a prototype, and of classes', () => {
    expect(inspectFields(Object.assign(Object.create(null) as object, { a: 'x' }), checks).fields).toEqual({
      a: 'x',
    })
    class Input {
      a = 'x'
    }
    expect(inspectFields(new Input(), checks).fields).toEqual({ a: 'x' })
  })

  it('copies what is there, in its own order', () => {
    const { fields, problems } = inspectFields({ c: false, b: 0, a: '' }, checks)
    expect(problems).toEqual([])
    expect(Object.entries(fields)).toEqual([
      ['a', ''],
      ['b', 0],
      ['c', false],
    ])
  })

  it('leaves out what is undefined or null, unless null is a value', () => {
    const input = { a: null, b: undefined, c: null }
    expect(inspectFields(input, checks)).toEqual({ fields: {}, problems: [] })
    expect(inspectFields(input, checks, [], ['a'])).toEqual({ fields: { a: null }, problems: [] })
  })

  it('collects every problem', () => {
    const { problems } = inspectFields({ a: 1, b: 10, c: true, d: 1, e: 2 }, checks, [atMostOne('a', 'c')])
    expect(problems).toEqual([
      'unknown field "d", "e"',
      'a: must be a string (got number)',
      'b: must be an integer from 0 to 9 (got 10)',
      'a and c are mutually exclusive',
    ])
  })

  it.each(['__proto__', 'constructor', 'toString'])('does not know the field %s', (name) => {
    const input = JSON.parse(`{"${name}": "x"}`) as unknown
    expect(inspectFields(input, checks).problems).toEqual([`unknown field "${name}"`])
  })
})

describe('readFields', () => {
  it('throws one error that names the method and every problem', () => {
    const read = () => readFields('create', { a: 1, b: -1 }, checks, [required('c')])
    expect(read).toThrow(ValidationError)
    expect(read).toThrow(
      'Invalid input (0): create: a: must be a string (got number); b: must be an integer from 0 to 9 (got -1); c: is required',
    )
  })
})

describe('readQuery', () => {
  it('makes strings, and leaves out what is empty', () => {
    expect(readQuery('list', { a: 'x', b: 5 }, checks)).toEqual({ a: 'x', b: '5' })
    expect(readQuery('list', { a: '', b: null, c: undefined }, checks)).toEqual({})
    expect(readQuery('list', undefined, checks)).toEqual({})
    expect(readQuery('list', null, checks)).toEqual({})
  })

  it.each([[[]], ['x'], [{ z: 1 }], [{ b: '5' }]])('refuses %j', (input) => {
    expect(() => readQuery('list', input, checks)).toThrow(ValidationError)
  })
})

describe('the rules', () => {
  it.each([
    [required('a', 'b'), {}, 'a: is required; b: is required'],
    [required('a', 'b'), { a: 1 }, 'b: is required'],
    [required('a'), { a: 0 }, undefined],
    [atLeastOne('a', 'b'), {}, 'at least one of a, b is required'],
    [atLeastOne('a', 'b'), { b: '' }, undefined],
    [atMostOne('a', 'b'), { a: 1, b: 1 }, 'a and b are mutually exclusive'],
    [atMostOne('a', 'b'), { a: 1 }, undefined],
    [atMostOne('a', 'b'), {}, undefined],
  ])('%o', (rule, fields, problem) => {
    expect(rule(fields as Record<string, unknown>)).toBe(problem)
  })
})
