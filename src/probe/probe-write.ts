import { encodeHeader } from '../contract/carrier.js'
import type { Contract } from '../contract/server-contract.js'
import { generateHexKey, generateRandomKey } from '../key/generate-key.js'
import type { ProbeSettings } from './check-probe-options.js'
import { fillTemplate, type TemplateValues } from './body-template.js'
import type { PlainRequest } from './send-request.js'

/** One write of the probe, the same each time that it is sent. */
export interface ProbeWrite {
  readonly key: string | undefined
  readonly firstSentMs: number
  readonly body: string
  readonly values: TemplateValues
}

/** The values of one write: 12 hex digits from the random end of a key, and a random UUID. */
export function drawValues(): TemplateValues {
  return { unique: generateHexKey().slice(-12), uuid: generateRandomKey() }
}

/** Makes a write from a template, with a key of its own or without one. */
export function createWrite(
  template: string,
  key: string | undefined,
  firstSentMs: number,
  values: TemplateValues = drawValues(),
): ProbeWrite {
  return { key, firstSentMs, body: fillTemplate(template, values), values }
}

/** Puts the key of a write where the contract has it. */
export function stampWrite(
  { method, url, headers }: Pick<ProbeSettings, 'method' | 'url' | 'headers'>,
  contract: Contract,
  write: ProbeWrite,
): PlainRequest {
  const { carrier } = contract
  const { key, firstSentMs, body } = write
  const sent = new Headers(headers)
  if (key === undefined) return { method, url, headers: sent, body }
  for (const [name, value] of Object.entries(contract.companions({ key, firstSentMs }))) sent.set(name, value)
  if (carrier.in === 'header') {
    sent.set(carrier.name, encodeHeader(carrier, key))
    return { method, url, headers: sent, body }
  }
  return carrier.in === 'body'
    ? { method, url, headers: sent, body: carrier.write(carrier.path, body, key) }
    : { method, url: new URL(carrier.write(carrier.name, url.href, key)), headers: sent, body }
}
