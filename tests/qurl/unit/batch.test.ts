import { describe, expect, it } from 'vitest'
import {
  completeBatch,
  findBatchProblem,
  isBatchData,
  type BatchItemFailure,
} from '../../../src/qurl/resources/batch.js'

const made = (index: number) => ({
  index,
  success: true,
  resource_id: 'r_1',
  qurl_link: 'https://qurl.link/#at_secret',
  qurl_site: 'https://r-1.qurl.site',
})
const failed = (index: number) => ({
  index,
  success: false,
  error: { code: 'creation_failed', message: 'No.' },
})
const result = (results: unknown[], succeeded: unknown, lost: unknown) => ({
  results,
  succeeded,
  failed: lost,
})

describe('findBatchProblem', () => {
  it.each([
    ['all made', result([made(0), made(1)], 2, 0)],
    ['some made, in any order', result([failed(1), made(0)], 1, 1)],
    ['none made', result([failed(0), failed(1)], 0, 2)],
    ['a skipped item that counts as failed', result([made(0), { index: 1, success: false }], 1, 1)],
    ['a skipped item that does not', result([made(0), { index: 1, success: false }], 1, 0)],
  ])('finds none in %s', (_, data) => {
    expect(findBatchProblem(data, 2, 207)).toBeUndefined()
  })

  it.each([
    ['nothing', undefined],
    ['an array', [made(0), made(1)]],
    ['no results', { succeeded: 2, failed: 0 }],
    ['no counts', { results: [made(0), made(1)] }],
    ['a negative count', result([made(0), made(1)], 3, -1)],
    ['a fractional count', result([made(0), made(1)], 1.5, 0.5)],
    ['a count as text', result([made(0), made(1)], '2', 0)],
    ['fewer entries than items', result([made(0)], 1, 0)],
    ['more entries than items', result([made(0), made(1), failed(1)], 2, 1)],
    ['counts that do not add up', result([made(0), failed(1)], 1, 0)],
    ['counts that say otherwise than the entries', result([made(0), failed(1)], 2, 0)],
    ['an entry of null', result([made(0), null], 2, 0)],
    ['an index twice', result([made(0), made(0)], 2, 0)],
    ['an index of no item', result([made(0), made(2)], 2, 0)],
    ['a negative index', result([made(0), made(-1)], 2, 0)],
    ['no index', result([made(0), { ...made(1), index: undefined }], 2, 0)],
    ['an entry that does not say', result([made(0), { ...made(1), success: undefined }], 2, 0)],
    ['a link that is missing', result([made(0), { ...made(1), qurl_link: undefined }], 2, 0)],
    ['a resource that is no text', result([made(0), { ...made(1), resource_id: 7 }], 2, 0)],
    ['a failure without a code', result([made(0), { ...failed(1), error: { message: 'No.' } }], 1, 1)],
  ])('finds one in %s, and shows no entry', (_, data) => {
    const problem = findBatchProblem(data, 2, 207)
    expect(problem).toEqual(expect.any(String))
    expect(problem).not.toMatch(/at_secret|r_1/)
  })
})

describe('findBatchProblem of a 400', () => {
  it.each([
    ['with every item', result([failed(0), { index: 1, success: false }], 0, 1)],
    ['with the wrong items only', result([failed(1)], 0, 1)],
    ['with counts of something else', result([failed(0)], 0, 2)],
  ])('finds none in a result %s, where nothing was made', (_, data) => {
    expect(findBatchProblem(data, 2, 400)).toBeUndefined()
  })

  it('finds one where something was made all the same', () => {
    expect(findBatchProblem(result([made(0)], 1, 0), 2, 400)).toEqual(expect.any(String))
  })
})

describe('completeBatch', () => {
  it('gives a skipped item an error to read, and keeps the others', () => {
    const skipped = { index: 1, success: false } as BatchItemFailure
    const { results } = completeBatch({
      succeeded: 0,
      failed: 2,
      results: [failed(0), skipped] as BatchItemFailure[],
    })
    expect(results).toEqual([
      failed(0),
      { index: 1, success: false, error: { code: 'skipped', message: expect.any(String) } },
    ])
  })
})

describe('isBatchData', () => {
  it('tells a result from an error', () => {
    expect(isBatchData(result([failed(0)], 0, 1))).toBe(true)
    expect(isBatchData(undefined)).toBe(false)
    expect(isBatchData({ error: { code: 'invalid_request' } })).toBe(false)
  })
})
