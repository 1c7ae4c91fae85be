import { readSidecar } from '../../layout/sidecar.ts'

/**
 * The origin of a sidecar. `own`: this process wrote it last. `accepted`: the last check found the data intact with it.
 * `past`: it was replaced before. `other`: another writer wrote it since. `none`: there is no readable sidecar.
 */
export type SidecarOrigin = 'own' | 'accepted' | 'past' | 'other' | 'none'

/** Largest difference between the clocks of two writers, in milliseconds. */
const SKEW_MS = 60_000

/** If there are more, the least recently used generation is forgotten. */
const MAX_GENERATIONS = 100

/** The sidecars that this process wrote or read, so that one that returns with a backup is recognized. */
export class SidecarHistory {
  readonly #revisions = new Map<string, number>()
  #own: string | undefined
  #accepted: string | undefined
  #latest: string | undefined
  #attempts = 0
  /** Wall-clock time of the last confirmed write, or of the last check that found the data intact. */
  #intactAt: number | undefined

  /** Records a sidecar that is about to be written: from now on the accepted one is out of date. */
  attempt(text: string): void {
    this.#own = text
    this.#attempts++
    this.#accepted = undefined
    this.#note(text)
  }

  accept(text: string | undefined, now: number): void {
    this.#accepted = text
    this.#latest = text
    this.#attempts = 0
    this.#intactAt = now
    this.#note(text)
  }

  /**
   * Records the sidecar that a delta replaced. Returns `earlier` if it had been replaced before: then the database was
   * restored from a backup, and the delta was applied to rows of unknown versions.
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
    // A sidecar that was written before the last check, which found another one, comes from a backup.
    const isOld = this.#intactAt !== undefined && savedAt < this.#intactAt - SKEW_MS
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
