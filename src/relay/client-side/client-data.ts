import type { FlagReader } from '../../evaluation/run.ts'
import type { Item, Snapshot } from '../../model/change-set.ts'
import type { Audience } from '../addresses.ts'
import type { FlagEncoder, FlagEncoders } from './flag-encoder.ts'
import { isVisible } from './visibility.ts'

/** The flags that one kind of client sees, in one form. */
export interface VisibleFlags {
  /** The JSON of the flags that have the same result for all contexts. */
  readonly constants: readonly string[]
  /** The flags that must be evaluated for each context. */
  readonly others: readonly FlagEncoder[]
}

/** The data of an environment at one moment, in the form that evaluations for clients read. */
export class ClientData {
  readonly snapshot: Snapshot
  /** A name of this data that is unique in the process. */
  readonly revision: string
  readonly reader: FlagReader
  readonly #visible = new Map<string, VisibleFlags>()

  constructor(snapshot: Snapshot, revision: string) {
    this.snapshot = snapshot
    this.revision = revision
    const { flags, segments } = snapshot
    this.reader = {
      flag: (key) => flags.get(key)?.object,
      segment: (key) => segments.get(key)?.object,
    }
  }

  /** Returns the flags that clients with this kind of credential may see. */
  visibleTo(audience: Audience, encoders: FlagEncoders): VisibleFlags {
    const { protocol, withReasons } = encoders.form
    const name = `${audience} ${protocol} ${withReasons}`
    const visible = this.#visible.get(name) ?? this.#encode(audience, encoders)
    this.#visible.set(name, visible)
    return visible
  }

  /** Returns a flag if clients with this kind of credential may see it. */
  visibleItem(key: string, audience: Audience): Item | undefined {
    const item = this.snapshot.flags.get(key)
    return item && isVisible(item.object, audience) ? item : undefined
  }

  #encode(audience: Audience, encoders: FlagEncoders): VisibleFlags {
    const constants: string[] = []
    const others: FlagEncoder[] = []
    for (const item of this.snapshot.flags.values()) {
      if (!isVisible(item.object, audience)) continue
      const encoder = encoders.of(item)
      if (encoder.constant === undefined) others.push(encoder)
      else constants.push(encoder.constant)
    }
    // The members of an object or a list can be joined once. Events have the version of the data between them.
    const isJoined = encoders.form.protocol !== 'fdv2' && constants.length > 0
    return { constants: isJoined ? [constants.join()] : constants, others }
  }
}
