import type { Clock } from '../../async/clock.ts'
import { wakeableWaits } from '../../async/freeze-detection.ts'
import { changeBetween } from '../../layout/sidecar.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import { attempt } from './errors.ts'
import type { SnapshotReader } from './snapshot-reader.ts'

export interface FileFeedOptions {
  readonly path: string
  readonly intervalMs: number
  readonly reader: SnapshotReader
  readonly clock: Clock
}

/** The state of the file at one check. `lost`: the file cannot be read, so changes may be missed. */
type FileState =
  | { readonly type: 'seen'; readonly identity: string | undefined; readonly sidecar: string | undefined }
  | { readonly type: 'lost'; readonly reason: string }

/** Returns a feed that checks the file every `intervalMs` and reports the changes that its sidecar lists. */
export function fileFeed({ path, intervalMs, reader, clock }: FileFeedOptions): ChangeFeed {
  const check = async (before: FileState | undefined): Promise<FileState> => {
    const identity = await reader.identity()
    if (before?.type === 'seen' && before.identity === identity) return before
    const result = await reader.find()
    if (result.type === 'fault') return { type: 'lost', reason: result.reason }
    return { type: 'seen', identity, sidecar: result.type === 'valid' ? result.saved.sidecar : undefined }
  }
  return {
    async *changes(signal) {
      let before: FileState | undefined
      const waits = wakeableWaits({ clock, random: () => 0 })
      try {
        while (!signal.aborted) {
          const last = before
          const now: FileState = await attempt(`cannot read ${path}`, signal, () => check(last)).catch(
            ({ message }: Error) => ({ type: 'lost', reason: message }),
          )
          if (signal.aborted) return
          const change = between(before, now)
          before = now
          if (change) yield change
          await waits.wait(intervalMs, signal)
        }
      } finally {
        waits.stop()
      }
    },
  }
}

function between(before: FileState | undefined, now: FileState): StoreChange | undefined {
  if (now === before) return undefined
  if (now.type === 'lost')
    return before?.type === 'lost' ? undefined : { type: 'interrupted', reason: now.reason }
  // Another file with the same sidecar may still have other rows.
  return (before?.type === 'seen' && changeBetween(before.sidecar, now.sidecar)) || { type: 'replaced' }
}
