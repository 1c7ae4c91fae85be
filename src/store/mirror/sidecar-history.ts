import { readSidecar } from '../../layout/sidecar.ts'

/**
 * Whose work a stored sidecar is. `own`: the last one this process wrote. `accepted`: the one that the last look found
 * in order. `past`: one that was replaced before. `other`: a new one of another writer. `none`: there is none to be read.
 */
export type SidecarOrigin = 'own' | 'accepted' | 'past' | 'other' | 'none'

/** How far clocks of writers may differ, in milliseconds. */
const SKEW_MS = 60_000

/** Writers of one place; the sidecars of more are forgotten, the oldest first. */
const MAX_GENERATIONS = 100

/** Remembers the sidecars of a database that were seen or written, so that one that comes back is recognized. */
export class SidecarHistory {
  readonly #revisions = new Map<string, number>()
  #own: string | undefined
  #accepted: string | undefined
  /** The sidecar that was in the database before the write under way. */
  #latest: string | undefined
  /** Number of writes since the last one that was confirmed. */
  #attempts = 0
  /** Wall-clock time of the last look that found everything in order, or of the last write. */
  #inOrderAt: number | undefined

  /** Notes what this process is about to write: whatever lies there now is then out of date. */
  write(text: string): void {
    this.#own = text
    this.#attempts++
    this.#accepted = undefined
    this.#note(text)
  }

  /** Notes that the database is in order, with this sidecar. */
  accept(text: string | undefined, now: number): void {
    this.#accepted = text
    this.#latest = text
    this.#attempts = 0
    this.#inOrderAt = now
    this.#note(text)
  }

  /**
   * Records the sidecar that a delta replaced. Returns `earlier` if it was replaced before: the database went back to an
   * earlier state, so the delta was written over rows of unknown versions.
   */
  replace(text: string | undefined): 'earlier' | 'current' {
    // After a failed write it may be the sidecar of that write.
    const isEarlier = this.#attempts === 1 && text !== this.#latest && this.originOf(text) === 'past'
    this.#note(text)
    return isEarlier ? 'earlier' : 'current'
  }

  originOf(text: string | undefined): SidecarOrigin {
    const sidecar = readSidecar(text)
    if (!sidecar) return 'none'
    if (text === this.#own) return 'own'
    if (text === this.#accepted) return 'accepted'
    const { generation, revision, savedAt } = sidecar
    const isKnown = revision <= (this.#revisions.get(generation) ?? -1)
    // A sidecar older than the last look, which found another one, comes from a backup.
    const isOld = this.#inOrderAt !== undefined && savedAt < this.#inOrderAt - SKEW_MS
    return isKnown || isOld ? 'past' : 'other'
  }

  #note(text: string | undefined): void {
    const sidecar = readSidecar(text)
    if (!sidecar) return
    const { generation, revision } = sidecar
    const known = this.#revisions.get(generation) ?? revision
    this.#revisions.delete(generation)
    this.#revisions.set(generation, Math.max(known, revision))
    const [oldest] = this.#revisions.keys()
    if (this.#revisions.size > MAX_GENERATIONS && oldest !== undefined) this.#revisions.delete(oldest)
  }
}
