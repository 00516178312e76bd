import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
  .replaceAll('\\', '/')
  .replace(/\/$/, '')

/** One fenced `ts` block. */
export interface Example {
  /** Where it stands, for messages: `README.md:12`. */
  readonly place: string
  readonly code: string
  /** Is it only compiled? A block says so behind its language: ` ```ts no-run `. */
  readonly compileOnly: boolean
  /**
   * The imports of a fragment: an example in a comment that imports nothing shows the names of its own file, and may
   * be the inside of a function.
   */
  readonly imports?: string
}

/** Every fenced `ts` block of a Markdown file. */
export function examplesOfMarkdown(path: string): Example[] {
  return fencedBlocks(path, readFileSync(`${root}/${path}`, 'utf8').split('\n'))
}

/** Every fenced `ts` block in the documentation comments under a folder. */
export function examplesOfComments(folder: string): Example[] {
  const files = readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()
  return files.flatMap((file) => {
    const path = `${folder}/${file}`
    const source = readFileSync(`${root}/${path}`, 'utf8')
    const comments = source.split('\n').map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? '')
    return fencedBlocks(path, comments).map((example) => withImports(example, path, source))
  })
}

function withImports(example: Example, path: string, source: string): Example {
  if (/^import /m.test(example.code)) return example
  const exported = [...source.matchAll(/^export (?:async )?(?:function|class|const) (\w+)/gm)].map(
    ([, name]) => name,
  )
  const names = exported.filter((name) => new RegExp(`\\b${name}\\b`).test(example.code))
  return { ...example, imports: `import { ${names.join(', ')} } from '../../${path.replace(/ts$/, 'js')}'` }
}

function fencedBlocks(path: string, lines: readonly string[]): Example[] {
  const examples: Example[] = []
  for (let start = 0; start < lines.length; start++) {
    const [, fence = '', info = ''] = /^\s*(```+)(.*)$/.exec(lines[start] ?? '') ?? []
    if (!fence) continue
    const end = lines.findIndex((line, index) => index > start && line.trim() === fence)
    if (end < 0) throw new Error(`${path}:${start + 1}: this block never ends`)
    const [language, ...flags] = info.trim().split(/\s+/)
    if (language === 'ts') {
      const code = lines.slice(start + 1, end).join('\n')
      examples.push({ place: `${path}:${start + 1}`, code, compileOnly: flags.includes('no-run') })
    }
    start = end
  }
  return examples
}
