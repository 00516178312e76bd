import { parseArgs } from 'node:util'
import { bodyField, header, queryParameter, quotedHeader } from '../contract/carrier.js'
import { defaultContract } from '../contract/default-contract.js'
import { defineContract } from '../contract/define-contract.js'
import type { Contract } from '../contract/server-contract.js'
import { listPresets } from '../probe/presets.js'
import type { ProbeOptions } from '../probe/probe-options.js'
import { UsageError, type CommandLine } from './command-line.js'

/** The options of `probe`, as `node:util` reads them. */
const options = {
  method: { type: 'string' },
  header: { type: 'string', multiple: true, short: 'H' },
  body: { type: 'string' },
  'other-body': { type: 'string' },
  'invalid-body': { type: 'string' },
  token2: { type: 'string' },
  'other-path': { type: 'string' },
  'key-header': { type: 'string' },
  'key-quoted': { type: 'boolean' },
  'key-field': { type: 'string' },
  'key-query': { type: 'string' },
  preset: { type: 'string' },
  count: { type: 'string' },
  id: { type: 'string' },
  delete: { type: 'string' },
  save: { type: 'string' },
  again: { type: 'string' },
  budget: { type: 'string' },
  timeout: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** What a command line asks for. */
export interface ProbeCommand {
  readonly options: ProbeOptions
  readonly isSent: boolean
  readonly isJson: boolean
  readonly save: string | undefined
}

type Values = ReturnType<typeof parse>['values']

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new UsageError(`--${name} must be a number, not "${text}"`)
  return Number(text)
}

/** A text, or with `@` the text of a file without the line break at its end. */
async function readTextOption(line: CommandLine, text: string): Promise<string> {
  return text.startsWith('@') ? (await line.readText(text.slice(1))).replace(/\r?\n$/, '') : text
}

/** Takes `name: value` apart. The value is not repeated in an error: it may be a secret. */
function parseHeader(text: string): readonly [string, string] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new UsageError('--header must have the form "name: value"')
  return [name, value.trim()]
}

async function readHeaders(
  line: CommandLine,
  texts: readonly string[] = [],
): Promise<Record<string, string>> {
  const read = await Promise.all(texts.map((text) => readTextOption(line, text)))
  const lines = read.flatMap((text, index) => (texts[index]?.startsWith('@') ? text.split(/\r?\n/) : [text]))
  return Object.fromEntries(lines.filter((text) => text.trim() !== '').map(parseHeader))
}

/** How the key travels; `undefined` leaves it to the probe. */
function chooseContract(values: Values): Contract | undefined {
  const {
    preset,
    'key-header': name,
    'key-quoted': isQuoted,
    'key-field': field,
    'key-query': query,
  } = values
  const given = [preset, field, query, name ?? (isQuoted ? '' : undefined)].filter(
    (value) => value !== undefined,
  )
  if (given.length > 1)
    throw new UsageError('choose one of --preset, --key-field, --key-query, and --key-header or --key-quoted')
  if (preset !== undefined) {
    const contract = listPresets().get(preset)
    if (contract === undefined)
      throw new UsageError(
        `there is no preset "${preset}"; there are ${[...listPresets().keys()].join(', ')}`,
      )
    return contract
  }
  const carrier =
    field !== undefined
      ? bodyField(field)
      : query !== undefined
        ? queryParameter(query)
        : isQuoted
          ? quotedHeader(name)
          : name === undefined
            ? undefined
            : header(name)
  if (carrier === undefined) return undefined
  try {
    // Checks the names; the probe goes on from the plain contract.
    defineContract({ carrier })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  return { ...defaultContract, carrier }
}

async function readAgain(line: CommandLine, path: string): Promise<ProbeOptions['again']> {
  try {
    return JSON.parse(await line.readText(path))
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new UsageError(`--again: ${path} is no file that --save has written`)
    throw error
  }
}

/** Reads the command line of `probe`. @throws {@link UsageError} that says what to change. */
export async function parseProbeArgs(args: readonly string[], line: CommandLine): Promise<ProbeCommand> {
  const { values, positionals } = parse(args)
  const [url, ...others] = positionals
  if (url === undefined || others.length > 0) throw new UsageError('probe takes one URL')
  const { token2, again, timeout } = values
  const text = (value: string | undefined) => (value === undefined ? undefined : readTextOption(line, value))
  const seconds = readNumber('timeout', timeout)
  const second = token2 === undefined || /^[\w-]+: /.test(token2) ? token2 : `authorization: Bearer ${token2}`
  return {
    isSent: values.yes === true,
    isJson: values.json === true,
    save: values.save,
    options: {
      url,
      method: values.method,
      headers: await readHeaders(line, values.header),
      otherUser: second === undefined ? undefined : Object.fromEntries([parseHeader(second)]),
      body: await text(values.body),
      otherBody: await text(values['other-body']),
      invalidBody: await text(values['invalid-body']),
      contract: chooseContract(values),
      otherPath: values['other-path'],
      idField: values.id,
      count: values.count,
      deletePath: values.delete,
      budget: readNumber('budget', values.budget),
      timeoutMs: seconds === undefined ? undefined : seconds * 1000,
      again: again === undefined ? undefined : await readAgain(line, again),
      signal: line.signal,
      fetch: line.fetch,
    },
  }
}
