import { checkOptions } from '../errors/check-option.js'
import type { ReplayMarker } from './server-contract.js'

const headerName = /^[\w!#$%&'*+.^`|~-]+$/

/** @throws `TypeError` that names the option. */
export function checkHeaderName(option: string, name: unknown): void {
  if (typeof name !== 'string' || !headerName.test(name))
    throw new TypeError(`${option} must be a header name that HTTP allows`)
}

/** @throws `TypeError` that names the option. */
export function checkMarker(option: string, marker: ReplayMarker): void {
  checkOptions(option, marker, { header: 'string', value: 'string', anyValue: 'boolean' })
  const { header, value, anyValue } = marker
  checkHeaderName(`${option}.header`, header)
  if (anyValue === true && value !== undefined)
    throw new TypeError(`${option} has a value and anyValue: one of the two is without effect`)
}
