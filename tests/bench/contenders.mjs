// @ts-check
import { randomUUID } from 'node:crypto'
import got from 'got'
import ky from 'ky'
import ky2 from 'ky2'
import { createFetch } from 'ofetch'
import wretch from 'wretch'
import { createIdempotentFetch } from 'fetch-idempotency'
import { idempotency } from 'fetch-idempotency/ky'

/** @typedef {import('./measure.mjs').Contender} Contender */

const order = { customer: 'cus_1', amount: 4200, currency: 'eur', note: 'two of the blue ones' }

/** The key that a caller of the others makes by hand: a new one for each call. */
const ownKey = () => ({ 'idempotency-key': randomUUID() })

/**
 * The least that a limit for the time of a whole answer takes, by hand: no retry, and nothing told.
 *
 * @param {typeof fetch} fetch
 * @param {string} url
 * @param {RequestInit} init
 */
async function sendInTime(fetch, url, init) {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), 30_000)
  try {
    const response = await fetch(url, { ...init, signal: controller.signal })
    return JSON.parse(await response.text())
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Everyone who can send one keyed POST over the given fetch and read its JSON answer.
 *
 * @param {string} url
 * @param {typeof fetch} fetch
 * @returns {Contender[]}
 */
export function contendersOver(url, fetch) {
  const json = { 'content-type': 'application/json' }
  const ours = createIdempotentFetch({ fetch })
  const plainKy = ky.create({ fetch })
  const oursInKy = ky.create({ fetch }).extend(idempotency({ fetch }))
  const plainKy2 = ky2.create({ fetch })
  const oursInKy2 = ky2.create({ fetch }).extend(idempotency({ fetch }))
  const ofetch = createFetch({ fetch, Headers, AbortController })
  const wretched = wretch(url).polyfills({ fetch })

  return [
    {
      name: 'fetch',
      send: async () =>
        (
          await fetch(url, { method: 'POST', headers: { ...json, ...ownKey() }, body: JSON.stringify(order) })
        ).json(),
    },
    {
      name: 'fetch in a time limit',
      send: () =>
        sendInTime(fetch, url, {
          method: 'POST',
          headers: { ...json, ...ownKey() },
          body: JSON.stringify(order),
        }),
    },
    {
      name: 'createIdempotentFetch',
      send: async () =>
        (await ours(url, { method: 'POST', headers: json, body: JSON.stringify(order) })).json(),
    },
    { name: 'ky 1', send: () => plainKy.post(url, { json: order, headers: ownKey() }).json() },
    { name: 'ky 1 + idempotency()', send: () => oursInKy.post(url, { json: order }).json() },
    { name: 'ky 2', send: () => plainKy2.post(url, { json: order, headers: ownKey() }).json() },
    { name: 'ky 2 + idempotency()', send: () => oursInKy2.post(url, { json: order }).json() },
    { name: 'ofetch', send: () => ofetch(url, { method: 'POST', body: order, headers: ownKey() }) },
    { name: 'wretch', send: () => wretched.headers(ownKey()).post(order).json() },
  ]
}

/**
 * got has its own transport, so it runs over loopback only.
 *
 * @param {string} url
 * @returns {Contender}
 */
export const gotOver = (url) => ({
  name: 'got',
  send: () => got.post(url, { json: order, headers: ownKey() }).json(),
})
