import type { Clock, Random } from '../../clock/clock.js'
import { nextTurn } from '../../clock/next-turn.js'
import { isBusy, type SqliteDatabase } from './sqlite-database.js'

/** Calls that wait for one transaction. */
interface Waiting {
  readonly act: () => unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** Calls that one transaction takes at most, so that it does not hold up the event loop for long. */
const maxGroup = 256

/** How long to wait for a lock that another connection has, at most, between two tries and in all. */
const maxWaitMs = 20
const maxBusyMs = 10_000

/**
 * Carries out calls in transactions, as many at once as have come in: they share the wait for the disk. The lock is not waited
 * for inside SQLite, which would hold up the event loop, but tried again.
 */
export function createGroupCommit(
  database: SqliteDatabase,
  clock: Clock,
  random: Random,
): <T>(act: () => T) => Promise<T> {
  const queue: Waiting[] = []
  let isWorking = false

  const rollBack = () => {
    try {
      database.exec('ROLLBACK')
    } catch {
      // There was no transaction, or SQLite has rolled it back itself.
    }
  }
  /** Tries a transaction again as long as another connection is in the way. Nothing is done before it has the lock. */
  const begin = async () => {
    for (let waitedMs = 0, round = 0; ; round += 1) {
      try {
        database.exec('BEGIN IMMEDIATE')
        return
      } catch (error) {
        if (!isBusy(error) || waitedMs >= maxBusyMs) throw error
        const delayMs = Math.min(maxWaitMs, 0.5 * 2 ** round) * (0.5 + random())
        waitedMs += delayMs
        await clock.sleep(delayMs)
      }
    }
  }
  const commit = async () => {
    for (let waitedMs = 0; ; waitedMs += maxWaitMs) {
      try {
        database.exec('COMMIT')
        return
      } catch (error) {
        if (!isBusy(error) || waitedMs >= maxBusyMs) throw error
        await clock.sleep(maxWaitMs * random())
      }
    }
  }
  const work = async () => {
    while (queue.length > 0) {
      let group: Waiting[] = []
      try {
        await begin()
        group = queue.splice(0, maxGroup)
        const values = group.map(({ act }) => act())
        await commit()
        group.forEach(({ resolve }, index) => resolve(values[index] as never))
      } catch (error) {
        rollBack()
        if (group.length === 0) group = queue.splice(0)
        for (const { reject } of group) reject(error)
      }
      // Those who were told have their turn, and what they call for is in the next group.
      if (queue.length === 0) isWorking = false
      else await nextTurn()
    }
  }

  return (act) =>
    new Promise((resolve, reject) => {
      queue.push({ act, resolve: resolve as Waiting['resolve'], reject })
      if (isWorking) return
      isWorking = true
      // What is called in the same turn of the event loop is one group.
      nextTurn().then(work).catch(reject)
    })
}
