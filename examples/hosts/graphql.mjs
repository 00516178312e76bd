// @ts-check

/** Text of the mutation that each GraphQL client of this folder sends. */
export const createOrder =
  'mutation CreateOrder($id: ID!, $item: String!) { createOrder(id: $id, item: $item) { id } }'

/** Text of the query. */
export const listOrders = 'query ListOrders { orders { id } }'

/** How a GraphQL server answers. @type {import('./server.mjs').Behaviour} */
export const graphql = {
  status: 200,
  answer: ({ id }) => ({ data: { createOrder: { __typename: 'Order', id } } }),
  found: { data: { orders: [] } },
  isRead: (body) => body.includes('query ListOrders'),
}
