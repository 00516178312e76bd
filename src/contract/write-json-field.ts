interface Member {
  readonly name: string
  /** Where its value begins and ends in the text. */
  readonly start: number
  readonly end: number
}

/** Behind the string that begins at `at`, in a text that is JSON. */
function endOfString(text: string, at: number): number {
  let end = at + 1
  for (; text[end] !== '"'; end += 1) if (text[end] === '\\') end += 1
  return end + 1
}

/** Behind the value that begins at `at`. */
function endOfValue(text: string, at: number): number {
  let end = at
  let depth = 0
  do {
    const sign = text[end] as string
    if (sign === '"') end = endOfString(text, end)
    else {
      if (sign === '{' || sign === '[') depth += 1
      else if (sign === '}' || sign === ']') depth -= 1
      end += 1
    }
  } while (depth > 0)
  // What is no string and has no brackets is a number or a word.
  while (/[\w.+-]/.test(text[end] as string)) end += 1
  return end
}

/** The members of the object whose bracket stands at `open`. */
function listMembers(text: string, open: number): readonly Member[] {
  const members: Member[] = []
  let at = open + 1
  const toNext = () => {
    while (/[\s,:]/.test(text[at] as string)) at += 1
    return at
  }
  while (text[toNext()] !== '}') {
    const name = at
    at = endOfString(text, name)
    const end = at
    const start = toNext()
    at = endOfValue(text, start)
    members.push({ name: JSON.parse(text.slice(name, end)) as string, start, end: at })
  }
  return members
}

/**
 * A JSON text with a text in the place that a path of names leads to. Everything else stays as it was written: to parse it and write
 * it again would change numbers (`1.0`, or one with more digits than a double has). `undefined` where the path leads into what is no
 * object.
 */
export function writeJsonField(text: string, path: readonly string[], value: string): string | undefined {
  let open = text.search(/\S/)
  for (const [index, step] of path.entries()) {
    if (text[open] !== '{') return undefined
    const members = listMembers(text, open)
    // Of two with one name, the last counts.
    const found = members.findLast(({ name }) => name === step)
    const rest = path
      .slice(index + 1)
      .reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, value)
    if (found === undefined) {
      const comma = members.length > 0 ? ',' : ''
      return `${text.slice(0, open + 1)}${JSON.stringify(step)}:${rest}${comma}${text.slice(open + 1)}`
    }
    const isNull = text.slice(found.start, found.end) === 'null'
    if (isNull || index === path.length - 1) return text.slice(0, found.start) + rest + text.slice(found.end)
    open = found.start
  }
  return undefined
}
