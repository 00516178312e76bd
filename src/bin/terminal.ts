import * as util from 'node:util'
import type { Paint } from '../probe/format-report.js'
import type { ProbeProgress } from '../probe/probe-run.js'
import type { CommandLine } from './command-line.js'

const styles = { danger: 'red', caution: 'yellow', good: 'green', strong: 'bold', faint: 'dim' } as const

/** Paints where the output is a terminal that wants colours. `styleText` is missing before Node 20.12. */
export function choosePaint({ hasColours, env }: Pick<CommandLine, 'hasColours' | 'env'>): Paint {
  const isForbidden = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  const isForced = !['', '0', 'false', undefined].includes(env['FORCE_COLOR'])
  const { styleText } = util as Partial<typeof util>
  if (styleText === undefined || isForbidden || !(hasColours || isForced)) return (_, text) => text
  // Newer versions would ask the stream once more, and know less than the caller.
  const paint = styleText as (style: string, text: string, options: object) => string
  return (role, text) => paint(styles[role], text, { validateStream: false })
}

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** Shows on a terminal what is being sent; elsewhere it is silent. */
export function createSpinner({ hasSpinner, report, env }: CommandLine): {
  readonly show: (progress: ProbeProgress) => void
  readonly stop: () => void
} {
  if (!hasSpinner || env['TERM'] === 'dumb') return { show: () => {}, stop: () => {} }
  let text = ''
  let frame = 0
  const draw = () => report(`\r\u001b[K${frames[frame++ % frames.length]} ${text}`)
  const timer = setInterval(draw, 80)
  return {
    show: ({ step, sent, budget }) => {
      text = `${sent} of ${budget}  ${step}`
      draw()
    },
    stop: () => {
      clearInterval(timer)
      report('\r\u001b[K')
    },
  }
}
