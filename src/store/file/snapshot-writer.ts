import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { paced } from '../../async/slices.ts'
import { versionIn } from '../../layout/row.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import {
  EMPTY_SNAPSHOT,
  encode,
  HEAD_BYTES,
  looksDamaged,
  looksLikeSnapshot,
  type RowTexts,
  type SavedSnapshot,
} from './format.ts'
import { openForReading } from './read-snapshot.ts'
import { followLinks, removeLeftovers, replaceFile } from './replace-file.ts'
import type { SnapshotReader } from './snapshot-reader.ts'

export interface SnapshotWriterOptions {
  readonly path: string
  readonly saveEveryMs: number
  readonly reader: SnapshotReader
  readonly clock: Clock
}

const CLEANUP_INTERVAL_MS = 60_000

/**
 * Rewrites the whole file with each write. Reads the current file before a delta instead of keeping it in memory, which
 * costs some milliseconds per write and saves the memory. Writes of one process to one file are serialized; if two
 * processes write at the same time, the last file counts.
 */
export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions
  #nextAt = 0
  #cleanupAt = 0

  constructor(options: SnapshotWriterOptions) {
    this.#options = options
  }

  async write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    const { path, saveEveryMs, clock } = this.#options
    const waitMs = this.#nextAt - clock.monotonic()
    // After an aborted or failed write, the next one does not wait: it is the last one before a close, or follows a backoff.
    this.#nextAt = 0
    await sleep(clock, waitMs, signal)
    const target = await followLinks(path)
    const report = await serialized(target, () => this.#save(target, write, signal))
    this.#nextAt = clock.monotonic() + saveEveryMs
    return report
  }

  async #save(target: string, write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    signal.throwIfAborted()
    const { reader, clock } = this.#options
    const current = await reader.read()
    const fencingToken = write.fencingToken ?? current.fence
    if (fencingToken < current.fence) throw new StoreError('fenced', 'another writer holds the lease')
    if (write.type === 'delta' && reader.hadMarker && !current.marker) {
      // The rows of a delta alone would look like complete data. After this error the mirror writes everything.
      throw new StoreError('unavailable', 'its data is gone; a delta is not written to an empty file')
    }
    await checkReplaceable(target)
    await this.#removeLeftovers(target)
    const { rows, older } = await merge(current.rows, write, clock)
    const marker = current.marker || write.type !== 'delta'
    const saved: SavedSnapshot = {
      savedAt: clock.now(),
      marker,
      fence: fencingToken,
      sidecar: write.sidecar,
      rows,
    }
    reader.wrote(await replaceFile(target, () => encode(saved), signal), saved)
    const replaced = write.type === 'full' ? undefined : current.sidecar
    return { refused: [], older, ...(replaced !== undefined && { replaced }) }
  }

  async #removeLeftovers(target: string): Promise<void> {
    const { clock } = this.#options
    if (clock.monotonic() < this.#cleanupAt) return
    this.#cleanupAt = clock.monotonic() + CLEANUP_INTERVAL_MS
    await removeLeftovers(target, clock.now())
  }
}

/**
 * Rejects if the file is not a snapshot, so that a wrong path does not destroy another file. Copies a damaged snapshot to
 * PATH.damaged, unless that file exists.
 */
async function checkReplaceable(path: string): Promise<void> {
  const content = await openForReading(path, async ({ handle, firstLine }) => {
    if (looksLikeSnapshot(firstLine)) return 'snapshot'
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return looksDamaged(buffer.subarray(0, bytesRead)) ? 'damaged' : 'foreign'
  })
  if (content === 'foreign') {
    throw new StoreError(
      'refused',
      'the file is not a snapshot, so it is not replaced; choose another path, or delete the file',
    )
  }
  // If the copy fails, the new snapshot is still worth more than the damaged one.
  if (content === 'damaged') {
    await copyFile(path, `${path}.damaged`, constants.COPYFILE_EXCL).catch(() => undefined)
  }
}

interface MergedRows {
  readonly rows: RowTexts
  readonly older: number
}

/** Returns the rows after a write: those of a full write, or for each key the later version (D11). */
async function merge(
  current: RowTexts,
  { type, rows: written }: StoreWrite,
  clock: Clock,
): Promise<MergedRows> {
  const before = type === 'full' ? EMPTY_SNAPSHOT.rows : current
  const rows = { flag: new Map(before.flag), segment: new Map(before.segment) }
  let older = 0
  for await (const row of paced(written, clock)) {
    const stored = type === 'full' ? undefined : rows[row.kind].get(row.key)
    if (stored === undefined || row.version > versionIn(row, stored.toString())) {
      rows[row.kind].set(row.key, Buffer.from(row.text))
    } else {
      older++
    }
  }
  return { rows, older }
}

const queues = new Map<string, Promise<void>>()

/** Runs the operations of one path one after the other, within this process, whether they succeed or fail. */
function serialized<T>(path: string, work: () => Promise<T>): Promise<T> {
  const done = (queues.get(path) ?? Promise.resolve()).then(work)
  const remove = (): void => {
    if (queues.get(path) === settled) queues.delete(path)
  }
  const settled: Promise<void> = done.then(remove, remove)
  queues.set(path, settled)
  return done
}
