import { fetchSemantics } from './fetch-semantics.mjs'
import { resends } from './resends.mjs'
import { roundTrip } from './round-trip.mjs'

/**
 * All that is done with the built package in a runtime.
 *
 * @param {string} origin where a lossy server is; in a page, empty for the page's own
 */
export async function runChecks(origin) {
  return {
    roundTrip: await roundTrip(origin),
    semantics: await fetchSemantics(origin),
    resends: await resends(origin),
  }
}
