// Run by Vitest, with `--environment jsdom` and `edge-runtime`.
import { expect, test } from 'vitest'
import * as own from '../../../dist/index.js'
import findFaults from './lost-answers.cjs'

test('the wrapper sends what fetch sends', async () => {
  expect(await findFaults(own, process.env.SERVER)).toEqual([])
}, 30_000)
