import 'reflect-metadata'
import { Body, Controller, HttpException, Module, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { Idempotent, NodeIdempotencyModule, StorageAdapterEnum } from '@node-idempotency/nestjs'
import type { AddressInfo } from 'node:net'
import { countExecutions, type Executions } from './executions.js'
import type { LoopbackServer } from './loopback.js'

interface Order {
  readonly item: string
  /** Status of an error that the handler throws once its work is done. */
  readonly failWith?: number
}

export interface NestServer extends LoopbackServer {
  readonly executions: Executions
}

/** Nest with `@node-idempotency/nestjs`: POST /orders and POST /payments, each with `{ item, failWith? }`. */
export async function startNestServer(): Promise<NestServer> {
  const executions = countExecutions()

  class OrdersController {
    async create(order: Order) {
      const number = await executions.run(order.item)
      if (order.failWith) throw new HttpException({ message: 'refused', number }, order.failWith)
      return { id: `order-${number}`, item: order.item }
    }
  }
  // The decorators are applied by hand: esbuild does not emit their metadata.
  const method = Object.getOwnPropertyDescriptor(OrdersController.prototype, 'create')!
  Body()(OrdersController.prototype, 'create', 0)
  Post()(OrdersController.prototype, 'create', method)
  Idempotent()(OrdersController.prototype, 'create', method)
  Controller(['orders', 'payments'])(OrdersController)

  class AppModule {
    readonly serves = OrdersController
  }
  Module({
    imports: [NodeIdempotencyModule.forRootAsync({ storage: { adapter: StorageAdapterEnum.memory } })],
    controllers: [OrdersController],
  })(AppModule)

  const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true })
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address() as AddressInfo
  return { port, url: `http://127.0.0.1:${port}`, executions, close: () => app.close() }
}
