import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { run } from '../bin/command.js'
import { createSandbox } from './sandbox.js'

const page = new URL('../../docs/probe.md', import.meta.url)
const block = /```console\n\$ npx fetch-idempotency (.*)\n[^]*?```/g

/** A command line as a shell takes it apart, with single quotes only. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

/** The page with the output of its commands as it is now. */
async function printPage(text: string): Promise<string> {
  const outputs: string[] = []
  for (const [, line = ''] of text.matchAll(block)) {
    const { printed, reported } = await run(splitWords(line), { fetch: createSandbox() })
    outputs.push(`\`\`\`console\n$ npx fetch-idempotency ${line}\n${printed}${reported}\`\`\``)
  }
  return text.replace(block, () => outputs.shift() ?? '')
}

describe('docs/probe.md', () => {
  const text = readFileSync(page, 'utf8')

  it('shows what its commands print', async () => {
    const printed = await printPage(text)
    if (process.env['UPDATE_DOCS']) writeFileSync(page, printed)
    else expect(text).toBe(printed)
  })

  it('is found to drift when a line of its output changes', async () => {
    const drifted = text.replace('Without a key', 'With no key')
    expect(drifted).not.toBe(text)
    expect(await printPage(drifted)).not.toBe(drifted)
  })

  it('stays short', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(8_000)
  })
})
