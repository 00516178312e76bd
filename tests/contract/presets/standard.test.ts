import { duplicateConflict, header, standard } from 'fetch-idempotency/contracts'
import { dayMs, describePreset, uuid } from './describe-preset.js'

const writes = ['POST', 'PUT', 'PATCH']
const anyKeys = {
  accepted: ['k', uuid, 'x'.repeat(255)],
  refused: ['', 'x'.repeat(256), ' k', 'k\n', 'ключ'],
}

describePreset(standard, {
  carrier: header('Idempotency-Key'),
  methods: writes,
  keyTtlMs: dayMs,
  keys: anyKeys,
  honoured: [['POST', 'https://api.example.com/v1/things']],
  rows: [
    ['a 201 is done', { status: 201 }, { verdict: 'done', replayed: false }],
    [
      'a marked 201 is done and replayed',
      { status: 201, headers: { 'Idempotent-Replayed': 'true' } },
      { verdict: 'done', replayed: true },
    ],
    ['a 429 is refused', { status: 429 }, 'refused'],
    ['a 500 is unknown', { status: 500 }, 'unknown'],
    [
      'a replayed 500 is final',
      { status: 500, headers: { 'Idempotency-Replayed': 'true' } },
      'stored-failure',
    ],
    ['a 409 on the first attempt with a new key has failed', { status: 409 }, 'failed'],
    [
      'a 409 after a lost answer may be running',
      { status: 409, afterLost: true },
      { verdict: 'running', maxAsks: 10 },
    ],
  ],
})

describePreset(duplicateConflict, {
  carrier: header('Idempotency-Key'),
  methods: writes,
  keyTtlMs: dayMs,
  keys: anyKeys,
  rows: [
    ['a 409 after a lost answer was done', { status: 409, afterLost: true }, 'already-done'],
    ['a 409 to the caller’s key was done', { status: 409, given: true }, 'already-done'],
    [
      'a 409 on the first attempt with a new key is returned, and nothing is claimed',
      { status: 409 },
      { verdict: 'failed', outcome: 'unknown' },
    ],
    [
      'the original is found by its id',
      { status: 409, afterLost: true, json: { message: 'duplicate', id: 'THG1' } },
      { original: { id: 'THG1', url: undefined } },
    ],
    [
      'the original is found by its old_id',
      { status: 409, afterLost: true, json: { message: 'duplicate', old_id: 'THG1234' } },
      { original: { id: 'THG1234', url: undefined } },
    ],
    [
      'the original is found by an id that is a number',
      { status: 409, afterLost: true, json: { id: 17 } },
      { original: { id: '17', url: undefined } },
    ],
    [
      'the original is found by its resource_id',
      { status: 409, afterLost: true, json: { resource_id: 'op_1' } },
      { original: { id: 'op_1', url: undefined } },
    ],
    [
      'the original is found by a relative Location',
      { status: 409, afterLost: true, headers: { Location: '/v1/things/7' } },
      { original: { id: undefined, url: 'https://api.example.com/v1/things/7' } },
    ],
    [
      'a Location that is no URL is left out',
      { status: 409, afterLost: true, headers: { Location: 'http://[' } },
      { verdict: 'already-done', original: { id: undefined, url: undefined } },
    ],
    ['a 422 after a lost answer has failed', { status: 422, afterLost: true }, 'failed'],
    ['a 500 is unknown', { status: 500 }, 'unknown'],
  ],
})
