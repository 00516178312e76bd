import { DynamoDBClient, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { FetchHttpHandler } from '@smithy/fetch-http-handler'
import { createIdempotentFetch } from 'fetch-idempotency'
import { bodyField, defineContract } from 'fetch-idempotency/contracts'
import { startOrders } from './orders.mjs'

const { url, onEvent, measure } = await startOrders({
  status: 200,
  keyOf: ({ body }) => JSON.parse(body).ClientRequestToken,
  answer: ({ id }) => ({ ConsumedCapacity: [{ TableName: id }] }),
})

/** Sends to this machine instead of AWS. */
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const local = { endpoint: url, region: 'eu-central-1', credentials }

// #region
const send = createIdempotentFetch({
  contract: defineContract({ name: 'dynamodb', carrier: bodyField('ClientRequestToken'), keyTtlMs: 600_000 }),
  match: () => false, // the SDK makes the token and signs the body: nothing is added to it
  onEvent,
})
const dynamo = new DynamoDBClient({
  requestHandler: new FetchHttpHandler({ customFetch: send }),
  maxAttempts: 1,
  ...local, // not on the page
})
// #endregion

await measure('@aws-sdk/client-dynamodb', async ({ id }) => {
  const TransactItems = [{ Put: { TableName: 'orders', Item: { id: { S: id } } } }]
  const result = await dynamo.send(new TransactWriteItemsCommand({ TransactItems }))
  return { id: result.ConsumedCapacity?.[0]?.TableName }
})
