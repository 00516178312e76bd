import { describe, expect, it } from 'vitest'
import { identityOf, routingIdOf } from '../../../examples/qurl/server/identity.mjs'
import { clientOf, data, failureOf, json, problem, reset, type Step } from './fake.js'

const slug = 'office-db'
const identity = identityOf('one')
const row = {
  ...identity,
  type: 'tunnel',
  slug,
  status: 'active',
  alias: null,
  knock_resource_id: 'knock_1',
  connector_routing_id: routingIdOf('one'),
}
const made = (value: unknown = row, meta: object = { request_id: 'req_1', found_existing: false }) =>
  json(201, { data: value, meta })
const ensure = (...steps: Step[]) => clientOf(steps).client.ensureConnectorResource(slug)

describe('ensureConnectorResource', () => {
  it('gives the resource and whether it was there', async () => {
    const { resource, foundExisting } = await ensure(made())
    expect(foundExisting).toBe(false)
    expect(resource).toMatchObject({ crid: identity.crid, resourcePublicKey: identity.resource_id, slug })
    expect(resource).not.toHaveProperty('alias')
  })

  it.each([
    ['another key', { ...row, resource_id: identityOf('x').resource_id }],
    ['another slug', { ...row, slug: 'other-db' }],
    ['a routing id that is none', { ...row, connector_routing_id: 'c-1' }],
    ['no knock id', { ...row, knock_resource_id: ' ' }],
    ['a knock id of another thing', { ...row, knock_resource_id: row.resource_id }],
    ['another type', { ...row, type: 'url' }],
    ['another status', { ...row, status: 'revoked' }],
    ['an alias that is none', { ...row, alias: 'A' }],
    ['nothing', null],
  ])('does not know what happened when the answer has %s', async (_, value) => {
    const error = await failureOf(ensure(made(value)))
    expect(error).toMatchObject({
      name: 'ConnectorResourceOutcomeUnknownError',
      code: 'connector_resource_outcome_unknown',
      status: 0,
      outcome: 'unknown',
      requestId: 'req_1',
      cause: { code: 'unexpected_response' },
    })
  })

  it.each([
    ['a lost answer', Array.from({ length: 4 }, reset)],
    ['a 503', Array.from({ length: 4 }, () => problem(503, 'x'))],
    ['a bootstrap key that is used up', [problem(409, 'bootstrap_key_consumed')]],
    ['a 200', [data(row, { found_existing: true })]],
  ])('does not know what happened after %s', async (_, steps) => {
    expect(await failureOf(ensure(...steps))).toMatchObject({ code: 'connector_resource_outcome_unknown' })
  })

  it('is plain about an answer that does not say whether it was there: it is', async () => {
    expect(await failureOf(ensure(made(row, {})))).toMatchObject({ name: 'ValidationError' })
  })

  it.each([400, 403, 409])('throws a %i as it is', async (status) => {
    expect(await failureOf(ensure(problem(status, 'slug_in_use')))).toMatchObject({
      status,
      outcome: 'not-applied',
    })
  })

  it.each(['', 'a', 'Office', '1db', 'db-', 'at_secret', undefined])('refuses the slug %j', async (wrong) => {
    const { client, sent } = clientOf([])
    await expect(client.ensureConnectorResource(wrong as string)).rejects.toThrow(/slug/)
    expect(sent).toHaveLength(0)
  })
})

describe('getConnectorResource', () => {
  it('tells a revoked one', async () => {
    const { client } = clientOf([data({ resource: { ...row, status: 'revoked' } })])
    expect(await failureOf(client.getConnectorResource(identity.crid))).toMatchObject({
      code: 'connector_resource_revoked',
      status: 0,
    })
  })

  it('makes portals', async () => {
    const link = {
      resource_id: row.resource_id,
      crid: row.crid,
      qurl_link: 'https://qurl.link/#x',
      qurl_id: 'q_1',
    }
    const { client, sent } = clientOf([data({ resource: row }), data(link)])
    const resource = await client.getConnectorResource(identity.crid)
    expect((await resource.createPortal()).link).toBe('https://qurl.link/#x')
    expect(sent[1]?.url).toContain(`/v1/resources/${identity.crid}/qurls`)
  })
})

describe('getConnectorResourceBySlug', () => {
  it.each([
    ['none', [], 'resource_not_found'],
    ['two', [row, row], 'ambiguous_resource'],
    ['another', [{ ...row, slug: 'other-db' }], 'unexpected_response'],
  ])('does not take %s for the one', async (_, rows, code) => {
    const { client } = clientOf([data(rows)])
    expect(await failureOf(client.getConnectorResourceBySlug(slug))).toMatchObject({ code, status: 0 })
  })
})

describe('deleteConnectorResource', () => {
  it('does not know what happened when every answer is lost', async () => {
    const { client } = clientOf(Array.from({ length: 4 }, reset))
    expect(await failureOf(client.deleteConnectorResource(identity.crid))).toMatchObject({
      code: 'connector_resource_outcome_unknown',
      attempts: 4,
    })
  })
})
