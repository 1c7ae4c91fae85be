import { readSidecar } from '../../layout/sidecar.ts'

/**
 * Whose work a stored sidecar is. `own`: the last one this process wrote. `accepted`: the one that the last look found
 * in order. `past`: one that was replaced before. `other`: a new one of another writer. `none`: there is none to be read.
 */
export type Origin = 'own' | 'accepted' | 'past' | 'other' | 'none'

/** How far clocks of writers may differ, in milliseconds. */
const SKEW_MS = 60_000

/** Writers of one place; the sidecars of more are forgotten, the oldest first. */
const MAX_GENERATIONS = 100

/** Remembers the sidecars of a database that were seen or written, so that one that comes back is recognized. */
export class SidecarLog {
  readonly #revisions = new Map<string, number>()
  #own: string | undefined
  #accepted: string | undefined
  /** Wall-clock time of the last look that found everything in order, or of the last write. */
  #inOrderAt: number | undefined

  /** Notes what this process is about to write: whatever lies there now is then out of date. */
  write(text: string): void {
    this.#own = text
    this.#accepted = undefined
    this.#note(text)
  }

  /** Notes that the database is in order, with this sidecar. */
  accept(text: string | undefined, now: number): void {
    this.#accepted = text
    this.#inOrderAt = now
    this.#note(text)
  }

  originOf(text: string | undefined): Origin {
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
