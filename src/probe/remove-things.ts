import { findStop, type ProbeRun, type ProbeStop } from './probe-run.js'

/** What became of the things that the probe made. */
export interface Removal {
  readonly removed: readonly string[]
  readonly left: readonly string[]
  readonly stopped: ProbeStop | undefined
}

/** Deletes each thing once. A refusal ends it: what is left is told. */
export async function removeThings(run: ProbeRun, ids: readonly string[]): Promise<Removal> {
  const { settings } = run
  const { deletePath, url, signal } = settings
  const removed: string[] = []
  let stopped: ProbeStop | undefined
  if (deletePath !== undefined) {
    const headers = new Headers(settings.headers)
    headers.delete('content-type')
    for (const id of ids) {
      if (signal?.aborted || stopped !== undefined) break
      const target = new URL(deletePath.replaceAll('{id}', encodeURIComponent(id)), url)
      const end = await run
        .sendPlain('delete', { method: 'DELETE', url: target, headers })
        .catch(() => undefined)
      if (end === undefined || !('status' in end)) continue
      stopped = findStop('delete', end.status, end.isRedirect)
      if (end.status < 300 || end.status === 404 || end.status === 410) removed.push(id)
    }
  }
  return { removed, left: ids.filter((id) => !removed.includes(id)), stopped }
}
