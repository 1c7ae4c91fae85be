import type { FlagReader } from '../../evaluation/run.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Audience } from '../addresses.ts'
import type { VisibleFlag } from './flag-json.ts'
import { isVisible } from './visibility.ts'

/** The data of an environment at one moment, in the form that evaluations for clients read. */
export class ClientData {
  readonly snapshot: Snapshot
  /** A name of this data that is unique in the process. */
  readonly revision: string
  readonly reader: FlagReader
  readonly #visible = new Map<Audience, readonly VisibleFlag[]>()

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
  visibleTo(audience: Audience): readonly VisibleFlag[] {
    let visible = this.#visible.get(audience)
    if (visible === undefined) {
      visible = Array.from(this.snapshot.flags, ([key, { version, object: flag }]) => ({
        key,
        version,
        flag,
      })).filter(({ flag }) => isVisible(flag, audience))
      this.#visible.set(audience, visible)
    }
    return visible
  }
}
