import { constants, copyFile } from 'node:fs/promises'
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
 * Writes a snapshot anew with each write. What is there is read again before a delta, not kept: it costs milliseconds of
 * I/O once per write, where keeping it would cost its size for good. Stores in one process take turns; of two processes
 * that write at once the last file counts, whole.
 */
export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions
  #nextAt = 0
  #sweepAt = 0

  constructor(options: SnapshotWriterOptions) {
    this.#options = options
  }

  async write(write: StoreWrite, signal: AbortSignal): Promise<WriteReport> {
    const { path, saveEveryMs, clock } = this.#options
    const waitMs = this.#nextAt - clock.monotonic()
    // Whoever gives up or fails goes at once the next time: that is the last write before a close, or follows a pause.
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
    const held = await reader.read()
    const fence = write.fencingToken ?? held.fence
    if (fence < held.fence) throw new StoreError('fenced', 'another writer holds the lease')
    if (write.type === 'delta' && reader.hadMarker && !held.marker) {
      // A few rows in the place of all would look like data. Whoever is told this writes everything.
      throw new StoreError('unavailable', 'what it held is gone, and a change alone is not written')
    }
    await checkReplaceable(target)
    await this.#sweep(target)
    const { rows, older } = await merge(held.rows, write, clock)
    const marker = held.marker || write.type !== 'delta'
    const saved: SavedSnapshot = { savedAt: clock.now(), marker, fence, sidecar: write.sidecar, rows }
    reader.wrote(await replaceFile(target, () => encode(saved), signal), saved)
    const replaced = write.type === 'full' ? undefined : held.sidecar
    return { refused: [], older, ...(replaced !== undefined && { replaced }) }
  }

  async #sweep(target: string): Promise<void> {
    const { clock } = this.#options
    if (clock.monotonic() < this.#sweepAt) return
    this.#sweepAt = clock.monotonic() + CLEANUP_INTERVAL_MS
    await removeLeftovers(target, clock.now())
  }
}

/**
 * A path that was mistyped must not cost the user a file. A snapshot that was damaged is copied to PATH.damaged, unless an
 * earlier one is kept there, and may then be replaced.
 */
async function checkReplaceable(path: string): Promise<void> {
  const claim = await openForReading(path, async ({ handle, seal }) => {
    if (looksLikeSnapshot(seal)) return 'ours'
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return looksDamaged(buffer.subarray(0, bytesRead)) ? 'damaged' : 'foreign'
  })
  if (claim === 'foreign') {
    throw new StoreError('refused', 'there is a file that is no snapshot, and it is left alone')
  }
  // Without room for a copy the snapshot is still worth more than its damaged predecessor.
  if (claim === 'damaged') {
    await copyFile(path, `${path}.damaged`, constants.COPYFILE_EXCL).catch(() => undefined)
  }
}

interface MergedRows {
  readonly rows: RowTexts
  /** How many rows of the write changed nothing, because the same or a later version was there. */
  readonly older: number
}

/** What is there after a write: everything it brought, or of each key the strictly newer (D11). */
async function merge(held: RowTexts, { type, rows: written }: StoreWrite, clock: Clock): Promise<MergedRows> {
  const before = type === 'full' ? EMPTY_SNAPSHOT.rows : held
  const rows = { flag: new Map(before.flag), segment: new Map(before.segment) }
  let older = 0
  for await (const row of paced(written, clock)) {
    const there = type === 'full' ? undefined : rows[row.kind].get(row.key)
    if (there === undefined || row.version > versionIn(row, there.toString())) {
      rows[row.kind].set(row.key, Buffer.from(row.text))
    } else {
      older++
    }
  }
  return { rows, older }
}

/** The last of those that stand in line for a name. */
const queues = new Map<string, Promise<void>>()

/** Does one thing after the other for each name, in this process. How one ends does not concern the next. */
function serialized<T>(name: string, work: () => Promise<T>): Promise<T> {
  const done = (queues.get(name) ?? Promise.resolve()).then(work)
  const leave = (): void => {
    if (queues.get(name) === over) queues.delete(name)
  }
  const over: Promise<void> = done.then(leave, leave)
  queues.set(name, over)
  return done
}
