import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What docs/hosts.md says of one program. */
export interface Row {
  readonly program: string
  readonly library: string
  readonly facts: string
  readonly factsOfError: string
  readonly query: string
}

export function readPage(): string {
  return readFileSync(`${root}docs/hosts.md`, 'utf8')
}

/** The table of the page. */
export function rowsOf(page: string): Row[] {
  return [...page.matchAll(/^\| ([\w-]+) \| `(.+)` (\S+) \| (\w+) \| (\w+) \| (.+) \|$/gm)].map(
    ([, program = '', name, version, facts = '', factsOfError = '', query = '']) => {
      return { program, library: `${name} ${version}`, facts, factsOfError, query }
    },
  )
}

/** The snippets of the page. */
export function snippetsOf(page: string): string[] {
  return [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code)
}

/** What a program shows on the page: its region, but for the lines that are not for the page. */
export function regionOf(program: string): string {
  const source = readFileSync(`${root}examples/hosts/${fileOf(program)}`, 'utf8')
  const [, region] = /^\/\/ #region\n(.*?)^\/\/ #endregion$/ms.exec(source) ?? []
  if (region === undefined) throw new Error(`${program} has no region`)
  return region.replaceAll(/^.*\/\/ not on the page\n/gm, '')
}

/** Where the set-up stands: that of an app is in a file of the app. */
function fileOf(program: string): string {
  if (program === 'sveltekit') return 'sveltekit/src/hooks.server.js'
  return program === 'next' ? 'next/app/send.js' : `${program}.mjs`
}
