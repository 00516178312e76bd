import type { Clock } from '../clock/clock.js'
import type { Contract } from '../contract/server-contract.js'
import type { KeptWrite } from './retention.js'
import type { ProbeProgress } from './probe-run.js'

/** What {@link probeContract} takes. Everything but `url` has a default. */
export interface ProbeOptions {
  /** The target of the writes. It may have a query, which is never printed; credentials belong into `headers`. */
  readonly url: string | URL
  /** The method of the writes. @defaultValue `'POST'` */
  readonly method?: string | undefined
  /** Headers of every request, credentials included. Their values are never printed. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Headers of a second user. They replace those of the same name in one request, which finds out whether that user gets
   * the first one's answer under the same key.
   *
   * @defaultValue none: that is not asked
   */
  readonly otherUser?: Readonly<Record<string, string>> | undefined
  /**
   * The body of a write that the server accepts. `{{unique}}` and `{{uuid}}` have new values in each write.
   *
   * @defaultValue `'{"probe":"{{unique}}"}'`
   */
  readonly body?: string | undefined
  /**
   * A body that the server accepts as well and that differs in a harmless field.
   *
   * @defaultValue `body` with other values in its placeholders
   */
  readonly otherBody?: string | undefined
  /** A body that the server refuses as invalid, after it has been parsed. @defaultValue `'{}'` where `body` is JSON; else that is not asked */
  readonly invalidBody?: string | undefined
  /**
   * Where the key travels, how it is made and what goes with it: a preset, or a contract of your own. It is also tried
   * first when the answers are known.
   *
   * @defaultValue `standard`: a UUIDv7 in the header `Idempotency-Key`, in double quotes where the server refuses it raw
   */
  readonly contract?: Contract | undefined
  /** Another path or URL of the same origin, for one request under a used key. @defaultValue a path below `url` that does not exist */
  readonly otherPath?: string | undefined
  /**
   * The field of an answer that names the thing that was made; dots separate the steps.
   *
   * @defaultValue found by its name (`id`, then the like of `payment_id` and `pspReference`), or by `Location`
   */
  readonly idField?: string | undefined
  /**
   * How many things there are: a function, or the URL of a list (an array, a number, a `total` or `count`, or `data`,
   * `items` or `results` without a further page). It is asked before the first write and after each step, and it alone
   * shows some races.
   *
   * @defaultValue none: the answers alone are judged
   */
  readonly count?: string | URL | (() => number | Promise<number>) | undefined
  /** Path or URL that deletes one thing, with `{id}` in it. It is sent once for each thing that is known, at the end. @defaultValue none: things are left, and listed */
  readonly deletePath?: string | undefined
  /** Most writes that are sent. Reads of `count` and deletions are not among them. @defaultValue `12` */
  readonly budget?: number | undefined
  /** Longest time for one request, in milliseconds. @defaultValue `10_000` */
  readonly timeoutMs?: number | undefined
  /** What an earlier run has kept, to find out whether the server still knows that key. One write is sent. @defaultValue none: a whole run */
  readonly again?: KeptWrite | undefined
  /** What sends: a plain `fetch`, never one that retries. @defaultValue `globalThis.fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Ends the probe at once. What it has learned until then is still told. @defaultValue none */
  readonly signal?: AbortSignal | undefined
  /** Hears before each request what is sent. What it throws is ignored. @defaultValue none */
  readonly onProgress?: ((progress: ProbeProgress) => void) | undefined
  /** The time and the waits. @defaultValue the machine's clock */
  readonly clock?: Clock | undefined
}
