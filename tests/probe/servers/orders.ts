import { createRequire } from 'node:module'
import { countExecutions, type Executions } from '../../contract/servers/executions.js'
import type { LoopbackServer } from '../../contract/servers/loopback.js'

/** Loads a package of this folder, which the project itself does not install. */
export const load = createRequire(import.meta.url)

/** How long the work takes: long enough for a second request to meet it. */
export const workMs = 60

/** A server of other people that takes `{ item, failWith? }`. */
export interface OrderServer extends LoopbackServer {
  readonly executions: Executions
}

export interface Order {
  readonly item: string
  /** Status of a failure before any work is done. */
  readonly failWith?: number
}

export interface Orders {
  readonly executions: Executions
  /** Does the work of one order. */
  readonly create: (order: Order) => Promise<{ readonly status: number; readonly body: object }>
}

export function createOrders(ms = workMs): Orders {
  const executions = countExecutions()
  return {
    executions,
    async create({ item, failWith }) {
      if (failWith !== undefined) return { status: failWith, body: { message: 'refused' } }
      await new Promise((resolve) => setTimeout(resolve, ms))
      return { status: 201, body: { id: `order-${await executions.run(item)}`, item } }
    },
  }
}
