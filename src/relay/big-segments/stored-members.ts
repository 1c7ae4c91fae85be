import type { BigSegmentPatch, BigSegmentWriter } from '../../model/big-segment-patch.ts'
import { HalyardError } from '../../model/errors.ts'
import type { Logger } from '../../model/logger.ts'
import { ALL_MEMBERS, type ChangedMembers, membersOf } from './changed-members.ts'
import { ServiceError } from './service.ts'

export interface StoredMembersParts {
  readonly writer: BigSegmentWriter
  readonly logger: Logger
  /** Called when this relay or another one has written members. */
  readonly onChange: (changed: ChangedMembers) => void
}

/** The database has another version than this relay wrote or saw: another relay wrote it, or it lost its data. */
export class VersionChangedError extends HalyardError {
  constructor(expected: string | undefined, found: string | undefined) {
    super('BIG_SEGMENTS', `the database has version ${nameOf(found)} instead of ${nameOf(expected)}`)
  }
}

/** The members in the database, as far as this relay knows them. */
export class StoredMembers {
  readonly #parts: StoredMembersParts
  /** The last versions of this relay, oldest first. */
  readonly #past = new Set<string>()
  #version: string | undefined
  #written = 0
  /** Number of patches in succession that were not written because the database has a later version. */
  #overtaken = 0

  constructor(parts: StoredMembersParts) {
    this.#parts = parts
  }

  /** The version in the database; `undefined` if it has none. */
  get version(): string | undefined {
    return this.#version
  }

  /** Number of patches that this relay has written. */
  get written(): number {
    return this.#written
  }

  /** Reads the version. If it is not the known one, another relay has written patches, and all members may have changed. */
  async refresh(signal: AbortSignal): Promise<void> {
    const known = this.#version
    this.#advance(await this.#parts.writer.version(signal))
    if (this.#version !== known) this.#parts.onChange(ALL_MEMBERS)
  }

  /** Rejects with a {@link VersionChangedError} if the database does not have the known version. */
  async verify(signal: AbortSignal): Promise<void> {
    const stored = await this.#parts.writer.version(signal)
    if (stored !== this.#version) throw new VersionChangedError(this.#version, stored)
  }

  /**
   * Writes patches in order. Returns the number of those that were new to this relay. Rejects with a {@link ServiceError} if one
   * of them does not continue the stored version, and with a {@link VersionChangedError} if the database has another one.
   */
  async apply(
    patches: readonly BigSegmentPatch[],
    from: 'poll' | 'stream',
    signal: AbortSignal,
  ): Promise<number> {
    const { writer, logger, onChange } = this.#parts
    const indexOf = (version: string | undefined, start: number): number =>
      patches.findIndex((patch, index) => index >= start && patch.version === version)
    const changed: BigSegmentPatch[] = []
    try {
      for (let index = 0; index < patches.length; index++) {
        const patch = patches[index] as BigSegmentPatch
        if (!continues(patch, this.#version, from)) {
          const last = indexOf(this.#version, index)
          if (last < 0) throw gapBefore(patch, this.#version)
          index = last
          continue
        }
        const result = await writer.apply(patch, this.#version, signal)
        if (result.type === 'applied') {
          this.#advance(patch.version)
          this.#written++
          changed.push(patch)
          logger.debug(`big segments: wrote version "${patch.version}" of ${patch.reference}`)
          continue
        }
        const last = this.#lastWritten(result.version, indexOf(result.version, index), { from, index })
        // Another relay has written these patches.
        changed.push(...patches.slice(index, last + 1))
        const reached = patches[last]?.version
        this.#advance(reached, reached === result.version ? 0 : this.#overtaken + 1)
        index = last
      }
    } finally {
      if (changed.length > 0) onChange(membersOf(changed))
    }
    return changed.length
  }

  /**
   * Returns the index of the last patch that is in the database, which has another version than expected. A version that this
   * relay has not seen is that of a later patch, which another relay received first: the next events will lead to it.
   */
  #lastWritten(
    stored: string | undefined,
    found: number,
    { from, index }: { readonly from: 'poll' | 'stream'; readonly index: number },
  ): number {
    if (found >= 0) return found
    const isLater = stored !== undefined && !this.#past.has(stored)
    if (isLater && from === 'stream' && this.#overtaken < MAX_OVERTAKEN) return index
    throw new VersionChangedError(this.#version, stored)
  }

  #advance(version: string | undefined, overtaken = 0): void {
    this.#version = version
    this.#overtaken = overtaken
    if (version === undefined) return
    this.#past.delete(version)
    this.#past.add(version)
    if (this.#past.size > MAX_PAST) this.#past.delete(this.#past.values().next().value as string)
  }
}

const MAX_PAST = 1_000

/** A relay that is further behind starts over: the version in the database may belong to another environment. */
const MAX_OVERTAKEN = 100

/**
 * Returns whether a patch begins at a version. If nothing is stored, a poll begins with the first patches that the service has;
 * an event may have followed others that did not arrive.
 */
function continues(
  { previousVersion }: BigSegmentPatch,
  version: string | undefined,
  from: 'poll' | 'stream',
): boolean {
  return previousVersion === (version ?? '') || (version === undefined && from === 'poll')
}

function gapBefore(
  { reference, previousVersion }: BigSegmentPatch,
  version: string | undefined,
): ServiceError {
  return new ServiceError(
    'temporary',
    `a patch of ${reference} continues version "${previousVersion}", but the database has ${nameOf(version)}; if this lasts, the ` +
      'database holds the members of another environment: choose another prefix, or delete all keys of big segments',
  )
}

export function nameOf(version: string | undefined): string {
  return version === undefined ? 'none' : `"${version}"`
}
