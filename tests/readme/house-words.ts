import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'
import { root } from './extract.js'

/** Words that this project does not use in what people read, and what to write instead. */
export const bannedWords: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bwhoever\b/i, 'the subject: "a caller that", "anybody who"'],
  [/\banew\b/i, '"again", "a new …"'],
  [/\bpatien(?:ce|t|tly)\b/i, 'the waits, the number of attempts, the deadline'],
  [/(?<!in[- ])\bflights?\b/i, '"operation", "shared call"'],
  [/\bboard(?:s|ed|ing)?\b/i, '"join", "list"'],
  [/\bha(?:s|ve) (?:its|their) word\b/i, '"is asked", "decides"'],
  [/\b(?:thus|hence|whereupon|whereof|ought|shall|in vain)\b/i, 'plain words'],
  [/\b(?:may|can|to) better\b/i, '"improve", "change"'],
  [/\b(?:utils|helpers?)\b/i, 'what it does'],
  [/\bAI\b|\/work\/|\bshared\/|\bissue #?\d/, 'nothing: it says how the project was made'],
]

/** The uses of banned words in a text, each with its line. */
export function findBannedWords(text: string): string[] {
  return text.split('\n').flatMap((line, index) =>
    bannedWords.flatMap(([word, instead]) => {
      const found = word.exec(line)?.[0]
      return found === undefined ? [] : [`${index + 1}: "${found}": write ${instead}`]
    }),
  )
}

/** What people read of a source, each in its line: its comments and its texts of more than one word. */
export function proseOf(source: string): string {
  const lines = source.split('\n')
  const read = lines.map((line) => /^\s*(?:\*|\/\*|\/\/).*|\s\/\/ .*/.exec(line)?.[0] ?? '')
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2022)
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteral(node) || ts.isTemplateLiteralToken(node)
    if (isText && /\S\s+\S/.test(node.text)) {
      const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
      node.text.split('\n').forEach((text, index) => (read[line + index] += ` ${text}`))
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return read.join('\n')
}

/** The files under a folder whose names end so, as paths from the root. */
export function filesUnder(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .filter((file) => !/\/(?:node_modules|\.cache)\//.test(file))
    .toSorted()
}

export function readFile(path: string): string {
  return readFileSync(`${root}/${path}`, 'utf8')
}
