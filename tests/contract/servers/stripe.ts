import { createRequire } from 'node:module'
import type { RequestListener } from 'node:http'
import { serveOnLoopback, type LoopbackServer } from './loopback.js'

interface Charge {
  readonly id: string
  readonly amount: number
  readonly status: string
  readonly description: string | null
}

export interface StripeServer extends LoopbackServer {
  /** Headers that its accounts ask for. */
  readonly headers: Readonly<Record<string, string>>
  /** The charges that the server lists, failed ones too; those with a description, if one is given. */
  charges(description?: string): Promise<readonly Charge[]>
}

/** A stateful Stripe, from npm's `stripe-stateful-mock`. Its `tok_a|tok_b|word` sources give one result to each run. */
export async function startStripeServer(): Promise<StripeServer> {
  const require = createRequire(import.meta.url)
  const log = require('loglevel') as { setLevel(level: string): void }
  log.setLevel('silent')
  const { createExpressApp } = require('stripe-stateful-mock/dist/index.js') as {
    createExpressApp(): RequestListener
  }
  const server = await serveOnLoopback(createExpressApp())
  const headers = { authorization: `Basic ${Buffer.from('sk_test_loopback:').toString('base64')}` }

  const charges = async (description?: string) => {
    const found: Charge[] = []
    for (let after = ''; ;) {
      const response = await fetch(`${server.url}/v1/charges?limit=100${after}`, { headers })
      const page = (await response.json()) as { data: Charge[]; has_more: boolean }
      found.push(
        ...page.data.filter((charge) => description === undefined || charge.description === description),
      )
      if (!page.has_more) return found
      after = `&starting_after=${page.data.at(-1)?.id}`
    }
  }

  return { ...server, headers, charges }
}
