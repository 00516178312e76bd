import type { Divergence } from '../errors/run-diverged-error.js'
import type { StepPlace } from './entry-value.js'
import type { Naming } from './names.js'

/** A step as an earlier run has written it down. */
interface KnownStep {
  readonly place: StepPlace
  readonly fingerprint: string
}

/** What a run that is going on knows of its steps, and of those of the runs before it. */
export interface RunHistory {
  /** Takes note of what earlier runs have written down. */
  readonly learn: (place: StepPlace, fingerprint: string) => void
  /** A name for a step that has none: counted per method and path. */
  readonly countedName: (method: string, url: string) => string
  /** A step is about to begin. Gives what keeps it from that; otherwise {@link RunHistory.end} has to be told of its end. */
  readonly meet: (step: string) => Divergence | undefined
  /** Whether steps that have to come first have not come yet. Others that go on at the same time may bring them. */
  readonly isEarly: (step: string) => boolean
  /** Resolves when another step begins. */
  readonly next: () => Promise<void>
  /** The place of a step that begins now, or what keeps it from that. */
  readonly begin: (step: string, fingerprint: string) => StepPlace | Divergence
  /** A step has ended; `isDone` when it need not come again. */
  readonly end: (step: string, isDone: boolean) => void
}

/**
 * A run that runs again has to do what it did before. Steps may go on at the same time, so their order alone tells nothing:
 * what has to be the same is what had ended before a step began.
 */
export function createHistory(naming: Naming, run: string): RunHistory {
  const known = new Map<string, KnownStep>()
  const seen = new Map<string, { readonly order: number; readonly fingerprint: string }>()
  const met = new Set<string>()
  /** From when they are met on, which is before they have a place. */
  const underWay = new Set<string>()
  const going = new Set<string>()
  const done = new Set<string>()
  const counts = new Map<string, number>()
  let listeners: (() => void)[] = []

  /** The steps that have to be there before this one, by their order. */
  const floorOf = (step: string) => known.get(step)?.place.floor ?? known.size
  const placeOf = (floor: number) => {
    const steps = [...seen].filter(([, { order }]) => order < floor)
    if (steps.length < floor) return undefined
    return steps
      .toSorted(([, one], [, other]) => one.order - other.order)
      .map(([step, { fingerprint }]) => naming.seal(step, fingerprint))
  }

  /** The first place that no step has. One whose entry could not be written leaves its place to the next. */
  const freeOrder = () => {
    const taken = new Set([...seen.values()].map(({ order }) => order))
    let order = 0
    while (taken.has(order)) order += 1
    return order
  }

  return {
    learn(place, fingerprint) {
      known.set(place.step, { place, fingerprint })
    },
    countedName(method, url) {
      const target = `${method} ${url}`
      const count = (counts.get(target) ?? 0) + 1
      counts.set(target, count)
      return `${target} #${count}`
    },
    meet(step) {
      if (done.has(step) || underWay.has(step)) return 'step-used-twice'
      underWay.add(step)
      met.add(step)
      for (const tell of listeners) tell()
      listeners = []
      return undefined
    },
    isEarly(step) {
      const floor = floorOf(step)
      const isNew = !known.has(step)
      return [...known].some(([name, { place }]) => (isNew || place.order < floor) && !seen.has(name))
    },
    next: () => new Promise((resolve) => listeners.push(resolve)),
    begin(step, fingerprint) {
      const found = known.get(step)
      if (found !== undefined && found.fingerprint !== fingerprint) return 'payload'
      const order = found?.place.order ?? seen.get(step)?.order ?? freeOrder()
      const goingOrders = [...going].map((name) => seen.get(name)?.order ?? 0)
      const floor = found?.place.floor ?? Math.min(order, ...goingOrders)
      const before = placeOf(floor)
      if (before === undefined) return 'earlier-step'
      const chain = naming.seal(...before, naming.seal(step, fingerprint))
      if (found !== undefined && found.place.chain !== chain) return 'earlier-step'
      seen.set(step, { order, fingerprint })
      going.add(step)
      return { run, step, order, floor, chain }
    },
    end(step, isDone) {
      underWay.delete(step)
      going.delete(step)
      if (isDone) done.add(step)
    },
  }
}
