/**
 * How long to wait before retry `retry` (1 for the first one), in milliseconds. `random` gives numbers in [0, 1).
 */
export type Backoff = (retry: number, random: () => number) => number

/** Bounds of {@link exponentialBackoff}. */
export interface ExponentialBackoffOptions {
  /** Upper bound of the first wait, in milliseconds. @defaultValue `50` */
  readonly baseMs?: number | undefined
  /** By what the bound grows from one wait to the next. @defaultValue `2` */
  readonly factor?: number | undefined
  /** Upper bound of every wait, in milliseconds. @defaultValue `20_000` */
  readonly maxMs?: number | undefined
}

/**
 * Exponential backoff with full jitter: each wait is drawn evenly between zero and a bound that grows, so that
 * clients which failed together do not come back together.
 *
 * @throws `RangeError` for a bound or factor that is not a number of at least 0.
 *
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ | Exponential Backoff And Jitter}
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { baseMs = 50, factor = 2, maxMs = 20_000 } = options
  for (const [name, value] of Object.entries({ baseMs, factor, maxMs }))
    if (!(value >= 0)) throw new RangeError(`backoff: ${name} must be a number of at least 0`)
  return (retry, random) =>
    random() * Math.min(maxMs, baseMs * Math.min(factor ** (retry - 1), Number.MAX_SAFE_INTEGER))
}
