import { describe, expect, it } from 'vitest'
import { decideReading, type BodyReading } from '../../src/transport/decide-reading.js'

const maxBytes = 1000

describe('decideReading', () => {
  const streamed = [
    '',
    'text/plain',
    'text/plain; charset=utf-8',
    'text/event-stream',
    'application/x-ndjson',
    'application/ndjson',
    'application/jsonl',
    'application/x-jsonlines',
    'application/json-lines',
    'application/json-seq',
    'application/geo+json-seq',
    'application/stream+json',
    'application/x-json-stream',
    'multipart/mixed; boundary="-"',
    'multipart/x-mixed-replace; boundary=a',
    'application/grpc-web+proto',
    'application/grpc-web-text',
    'application/grpc',
    'application/grpc+json',
    'application/connect+json',
    'application/connect+proto',
    'application/vnd.amazon.eventstream',
    'application/octet-stream',
    'application/zip',
    'text/csv',
    'image/png',
    'video/mp4',
  ]
  const read = [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;odata.metadata=minimal',
    'text/json',
    'application/problem+json',
    'application/vnd.api+json',
    'application/graphql-response+json; charset=utf-8',
    'application/ld+json',
    'application/x-amz-json-1.1',
    'text/html',
    'text/html; charset=utf-8',
    'application/xhtml+xml',
    'application/xml',
    'text/xml',
    'application/atom+xml',
    'application/soap+xml',
    'multipart/form-data; boundary=a',
    'application/x-www-form-urlencoded',
  ]
  const head = (type: string, status = 200, more: Record<string, string> = {}) => ({
    status,
    headers: new Headers({ ...(type && { 'content-type': type }), ...more }),
  })

  it.each(streamed)('without a length streams %j', (type) => {
    expect(decideReading(head(type), maxBytes)).toBe('stream')
  })

  it.each(read)('without a length reads %j', (type) => {
    expect(decideReading(head(type), maxBytes)).toBe('read')
  })

  it.each([...streamed, ...read].filter((type) => type !== 'text/event-stream'))(
    'with a length within the limit reads %j',
    (type) => {
      expect(decideReading(head(type, 200, { 'content-length': '1000' }), maxBytes)).toBe('read')
    },
  )

  it.each([...streamed, ...read])('with a length beyond the limit streams %j', (type) => {
    expect(decideReading(head(type, 200, { 'content-length': '1001' }), maxBytes)).toBe('stream')
  })

  it.each(streamed.filter((type) => type !== 'text/event-stream'))('reads an error of type %j', (type) => {
    expect(decideReading(head(type, 400), maxBytes)).toBe('read')
  })

  it.each<[BodyReading | undefined, string, Record<string, string>, BodyReading]>([
    ['read', 'application/x-ndjson', {}, 'read'],
    ['read', 'text/event-stream', {}, 'read'],
    ['read', '', {}, 'read'],
    ['read', 'application/json', { 'content-length': '1001' }, 'stream'],
    ['stream', 'application/json', {}, 'stream'],
    ['stream', 'application/json', { 'content-length': '2' }, 'stream'],
    [undefined, 'text/event-stream', { 'content-length': '2' }, 'stream'],
  ])('with the choice %s of %j, %j: %s', (choice, type, more, expected) => {
    expect(decideReading(head(type, 200, more), maxBytes, choice)).toBe(expected)
  })
})
