import type { JsonObject } from '../../model/json.ts'
import { type EnvironmentMetadata, isArchiveId } from '../archive/archive.ts'
import { readRep } from '../archive/read-metadata.ts'

/** A known environment, or what remains of a deleted one. */
type Entry =
  | {
      readonly type: 'environment'
      readonly version: number
      readonly metadata: EnvironmentMetadata
      /** The environment as the service sent it, for the cache. */
      readonly rep: unknown
    }
  | { readonly type: 'tombstone'; readonly version: number }

/** An environment of an event that was not applied. `reason` names the invalid member and contains no key. */
export interface RefusedItem {
  readonly id: string
  readonly reason: string
}

/** The effect of an event on the list. */
export interface Outcome {
  readonly isChanged: boolean
  readonly refused: readonly RefusedItem[]
  /** True if an update lacks its current SDK key in the list of keys, so that the stream must be opened again. */
  readonly isIncomplete: boolean
}

/**
 * The environments of automatic configuration. An update or deletion applies only if its version is greater than the one that is
 * held. A deletion leaves a tombstone, so that an older update does not restore the environment. An invalid update leaves the
 * environment as it is.
 */
export class EnvironmentList {
  #entries: ReadonlyMap<string, Entry> = new Map()

  /** The environments in the order of their arrival. */
  get environments(): readonly EnvironmentMetadata[] {
    return [...this.#entries.values()].flatMap((entry) =>
      entry.type === 'environment' ? [entry.metadata] : [],
    )
  }

  /** The environments as the service sent them, by id. */
  get reps(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      [...this.#entries].flatMap(([id, entry]) => (entry.type === 'environment' ? [[id, entry.rep]] : [])),
    )
  }

  /** Replaces the list. Removes what is not listed, tombstones included. */
  put(reps: JsonObject): Outcome {
    const entries = new Map<string, Entry>()
    const refused: RefusedItem[] = []
    let isIncomplete = false
    for (const [id, rep] of Object.entries(reps)) {
      const held = this.#entries.get(id)
      const reading = readItem(id, rep)
      const entry = 'reason' in reading ? held : newer(held, reading.entry)
      if (entry) entries.set(id, entry)
      if ('reason' in reading) {
        refused.push({ id, reason: reading.reason })
        isIncomplete ||= reading.isIncomplete
      }
    }
    return { isChanged: this.#replace(entries), refused, isIncomplete }
  }

  patch(id: string, rep: unknown): Outcome {
    const reading = readItem(id, rep)
    if ('reason' in reading) {
      const { reason, isIncomplete } = reading
      return { isChanged: false, refused: [{ id, reason }], isIncomplete }
    }
    return this.#set(id, reading.entry)
  }

  delete(id: string, version: unknown): Outcome {
    if (!Number.isSafeInteger(version)) {
      const reason = 'version: expected a whole number'
      return { isChanged: false, refused: [{ id, reason }], isIncomplete: false }
    }
    return this.#set(id, { type: 'tombstone', version: version as number })
  }

  #set(id: string, entry: Entry): Outcome {
    const entries = new Map(this.#entries)
    entries.set(id, newer(this.#entries.get(id), entry))
    return { isChanged: this.#replace(entries), refused: [], isIncomplete: false }
  }

  /** Returns true if the environments have changed, in contrast to tombstones. */
  #replace(entries: ReadonlyMap<string, Entry>): boolean {
    const before = this.#entries
    this.#entries = entries
    const ids = new Set([...before.keys(), ...entries.keys()])
    return [...ids].some((id) => {
      const [former, present] = [before.get(id), entries.get(id)]
      return former !== present && (former?.type === 'environment' || present?.type === 'environment')
    })
  }
}

function newer(held: Entry | undefined, received: Entry): Entry {
  return held && received.version <= held.version ? held : received
}

type ItemReading = { readonly entry: Entry } | { readonly reason: string; readonly isIncomplete: boolean }

function readItem(id: string, rep: unknown): ItemReading {
  const fail = (reason: string): ItemReading => ({ reason, isIncomplete: false })
  if (!isArchiveId(id)) return fail('the id is not valid')
  const reading = readRep(rep)
  if ('fault' in reading) return fail(reading.fault)
  const { metadata, isAnchored } = reading
  if (metadata.id !== id) return fail('envID: expected the same id as in the path')
  if (!isAnchored)
    return { reason: 'sdkKeys: expected a list that contains the current SDK key', isIncomplete: true }
  return { entry: { type: 'environment', version: metadata.version, metadata, rep } }
}
