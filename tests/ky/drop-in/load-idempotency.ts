import { vi } from 'vitest'
import type { Major } from './scene.js'

type Idempotency = (typeof import('fetch-idempotency/ky'))['idempotency']

const loaded = new Map<Major, Promise<Idempotency>>()

async function load(major: Major): Promise<Idempotency> {
  vi.resetModules()
  if (major === 2) vi.doMock('ky', () => import('ky2'))
  const { idempotency } = await import('fetch-idempotency/ky')
  vi.doUnmock('ky')
  return idempotency
}

/** `idempotency()` as it is where that major is installed: the `ky` that it imports is the one that is extended. */
export async function loadIdempotency(major: Major): Promise<Idempotency> {
  const found = loaded.get(major) ?? load(major)
  loaded.set(major, found)
  return found
}
