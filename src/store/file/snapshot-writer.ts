import { constants, copyFile } from 'node:fs/promises'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { paced } from '../../async/slices.ts'
import { versionIn } from '../../layout/row.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreWrite, WriteReport } from '../../model/persistent-store.ts'
import { encode, HEAD_BYTES, isDamaged, mayBeOurs, NOTHING, type Rows, type Saved } from './format.ts'
import { openForReading } from './read-snapshot.ts'
import { followLinks, replaceFile, sweep } from './replace-file.ts'
import type { SnapshotReader } from './snapshot-reader.ts'

export interface SnapshotWriterOptions {
  readonly path: string
  readonly saveEveryMs: number
  readonly reader: SnapshotReader
  readonly clock: Clock
}

const SWEEP_EVERY_MS = 60_000

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
    const report = await inTurn(target, () => this.#save(target, write, signal))
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
    await mustBeOurs(target)
    await this.#sweep(target)
    const { rows, older } = await merge(held.rows, write, clock)
    const marker = held.marker || write.type !== 'delta'
    const saved: Saved = { savedAt: clock.now(), marker, fence, sidecar: write.sidecar, rows }
    reader.wrote(await replaceFile(target, () => encode(saved), signal), saved)
    const replaced = write.type === 'full' ? undefined : held.sidecar
    return { refused: [], older, ...(replaced !== undefined && { replaced }) }
  }

  async #sweep(target: string): Promise<void> {
    const { clock } = this.#options
    if (clock.monotonic() < this.#sweepAt) return
    this.#sweepAt = clock.monotonic() + SWEEP_EVERY_MS
    await sweep(target, clock.now())
  }
}

/**
 * A path that was mistyped must not cost the user a file. A snapshot that was damaged is copied to PATH.damaged, unless an
 * earlier one is kept there, and may then be replaced.
 */
async function mustBeOurs(path: string): Promise<void> {
  const claim = await openForReading(path, async ({ handle, seal }) => {
    if (mayBeOurs(seal)) return 'ours'
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return isDamaged(buffer.subarray(0, bytesRead)) ? 'damaged' : 'foreign'
  })
  if (claim === 'foreign') {
    throw new StoreError('refused', 'there is a file that is no snapshot, and it is left alone')
  }
  // Without room for a copy the snapshot is still worth more than its damaged predecessor.
  if (claim === 'damaged') {
    await copyFile(path, `${path}.damaged`, constants.COPYFILE_EXCL).catch(() => undefined)
  }
}

export interface Merged {
  readonly rows: Rows
  /** How many rows of the write changed nothing, because the same or a later version was there. */
  readonly older: number
}

/** What is there after a write: everything it brought, or of each key the strictly newer (D11). */
async function merge(held: Rows, { type, rows: written }: StoreWrite, clock: Clock): Promise<Merged> {
  const before = type === 'full' ? NOTHING.rows : held
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
const lines = new Map<string, Promise<void>>()

/** Does one thing after the other for each name, in this process. How one ends does not concern the next. */
function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const done = (lines.get(name) ?? Promise.resolve()).then(work)
  const leave = (): void => {
    if (lines.get(name) === over) lines.delete(name)
  }
  const over: Promise<void> = done.then(leave, leave)
  lines.set(name, over)
  return done
}
