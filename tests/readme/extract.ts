import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** One fenced `ts` block. */
export interface Example {
  /** Where it stands, for messages: `README.md:12`. */
  readonly place: string
  readonly code: string
  /** Is it only compiled? A block says so behind its language: ` ```ts no-run `. */
  readonly compileOnly: boolean
}

/** Every fenced `ts` block of a Markdown file. */
export function examplesOfMarkdown(path: string): Example[] {
  return fencedBlocks(path, readFileSync(`${root}/${path}`, 'utf8').split('\n'))
}

/** Every fenced `ts` block in the documentation comments under a folder. */
export function examplesOfComments(folder: string): Example[] {
  const files = readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .toSorted()
  return files.flatMap((file) => {
    const lines = readFileSync(`${root}/${folder}/${file}`, 'utf8').split('\n')
    return fencedBlocks(
      `${folder}/${file}`,
      lines.map((line) => /^\s*\* ?(.*)$/.exec(line)?.[1] ?? ''),
    )
  })
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
