// @ts-check

/** @typedef {'plain' | 'dim' | 'bold' | 'good' | 'bad'} Style */

/** @type {Record<Style, string>} */
const codes = { plain: '', dim: '\u001B[2m', bold: '\u001B[1m', good: '\u001B[32m', bad: '\u001B[31m' }

const indent = 27
const maxWidth = 100

/**
 * Tells on a terminal what happens while it happens: one line per client, which grows step by step. Without a
 * terminal, or with `NO_COLOR`, it tells the same in plain text.
 *
 * @param {NodeJS.WriteStream} [out]
 */
export function createNarrator(out = process.stdout) {
  const hasColours = out.isTTY && !process.env['NO_COLOR']
  const width = Math.min(out.columns || maxWidth, maxWidth)
  let column = 0

  /** @param {string} text @param {Style} [style] */
  const paint = (text, style = 'plain') =>
    hasColours && codes[style] ? `${codes[style]}${text}\u001B[0m` : text

  /** @param {string} text @param {Style} [style] */
  const line = (text = '', style = 'plain') => {
    out.write(`${paint(text, style)}\n`)
    column = 0
  }

  /** @param {string} text @param {Style} [style] */
  const put = (text, style = 'plain') => {
    const separator = column > indent ? ' · ' : ''
    if (column + separator.length + text.length > width) {
      out.write(`\n${' '.repeat(indent)}`)
      column = indent
    } else {
      out.write(paint(separator, 'dim'))
      column += separator.length
    }
    out.write(paint(text, style))
    column += text.length
  }

  return {
    paint,
    line,
    /** Begins the line of a client. @param {string} name */
    begin: (name) => {
      out.write(`  ${name.padEnd(indent - 2)}`)
      column = indent
    },
    /** One thing that happened. @param {string} text @param {Style} [style] */
    step: put,
    /** Ends the line with what the caller is told. @param {string} told @param {Style} style */
    end: (told, style) => {
      put(`told "${told}"`, style)
      line()
    },
  }
}

/**
 * Lays out rows under their heads, text to the left and numbers to the right.
 *
 * @param {readonly string[]} heads
 * @param {readonly (readonly (string | number)[])[]} rows
 * @returns {string[]} the head and one line per row
 */
export function layOut(heads, rows) {
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => String(row[at]).length)))
  const isNumber = heads.map((_, at) => typeof rows[0]?.[at] === 'number')
  return [heads, ...rows].map((row) =>
    row
      .map((cell, at) => {
        const width = widths[at] ?? 0
        return isNumber[at] ? String(cell).padStart(width) : String(cell).padEnd(width)
      })
      .join('   '),
  )
}
