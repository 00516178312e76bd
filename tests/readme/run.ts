import { inspect } from 'node:util'
import ts from 'typescript'
import * as ambient from './ambient.js'
import type { Example } from './extract.js'

type Run = (...values: unknown[]) => Promise<void>
const AsyncFunction = (async () => {}).constructor as new (...parameters: string[]) => Run

/** Where requests really go: by the host that they name, or to `'*'`. */
export type Origins = Readonly<Record<string, string>>

/**
 * Runs an example to its end. Its requests go to loopback, whatever host they name. A line
 * `console.log(value) // => text` must print that text, in which `…` stands for anything.
 *
 * @returns the lines that it printed and that were compared
 */
export async function run(
  example: Example,
  origins: Origins,
): Promise<{ printed: string; expected: string }[]> {
  const compared: { printed: string; expected: string }[] = []
  const says = (expected: string, ...values: unknown[]) => {
    const printed = values
      .map((value) => (typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })))
      .join(' ')
    compared.push({ printed, expected })
  }
  const code = example.code.replaceAll(
    /^(\s*)console\.log\((.*)\);?\s*\/\/ => (.*)$/gm,
    (_, indent, values, text) => {
      return `${indent}__says(${JSON.stringify(text)}, ${values})`
    },
  )
  const { outputText } = ts.transpileModule(`${example.imports ?? ''}\n${code}`, {
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      target: ts.ScriptTarget.ES2022,
      moduleDetection: ts.ModuleDetectionKind.Force,
    },
  })
  const modules = new Map<string, unknown>()
  for (const [, name = ''] of outputText.matchAll(/require\("(.+?)"\)/g)) {
    modules.set(name, await import(/* @vite-ignore */ name))
  }

  // A body can be read once: each example has a request of its own.
  const request = ambient.request.clone()
  const names = {
    ...ambient,
    request,
    __says: says,
    exports: {},
    require: (name: string) => modules.get(name),
  }
  const program = new AsyncFunction(...Object.keys(names), `{ ${outputText}\n}`)
  const send = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const asked = input instanceof Request ? input.url : String(input)
    // Of the place that was asked, as far as anybody can see.
    return Object.defineProperty(await send(redirect(input, origins), init), 'url', { value: asked })
  }
  try {
    await program(...Object.values(names))
  } finally {
    globalThis.fetch = send
  }
  return compared
}

/** Does a printed line say what the example promises? */
export function matches(printed: string, expected: string): boolean {
  const parts = expected.trim().split('…')
  const pattern = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('[^]*')
  return new RegExp(`^${pattern}$`).test(printed)
}

function redirect(input: string | URL | Request, origins: Origins): string | Request {
  const { host, hostname, pathname, search } = new URL(input instanceof Request ? input.url : input)
  // A server that the example has started itself.
  if (hostname === '127.0.0.1') return input instanceof Request ? input : String(input)
  const target = `${origins[host] ?? origins['*']}${pathname}${search}`
  return input instanceof Request ? new Request(target, input) : target
}
