// One copy of every module serves all entries of the ES module build.
import * as main from 'fetch-idempotency'
import * as contracts from 'fetch-idempotency/contracts'
import * as forKy from 'fetch-idempotency/ky'
import { checkSharedState } from './check-shared-state.cjs'

await checkSharedState({ main, forKy, contracts })
