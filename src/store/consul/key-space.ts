import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import { KINDS, type Kind } from '../../model/change-set.ts'
import type { RowName } from '../../model/persistent-store.ts'

/** The names of the keys under a prefix, in the layout of LaunchDarkly's SDKs, and of Halyard's own outside of it. */
export class KeySpace {
  /** Everything under the prefix lies below it. */
  readonly root: string
  readonly marker: string
  /** Outside the prefix: other software deletes what it does not know under it. */
  readonly sidecar: string
  readonly lease: string
  readonly fence: string
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
    this.root = `${prefix}/`
    this.marker = `${prefix}/${MARKER}`
    this.sidecar = `${SIDECAR}/${prefix}/sidecar`
    this.lease = `${SIDECAR}/${prefix}/lease`
    this.fence = `${SIDECAR}/${prefix}/fence`
  }

  /** Where the rows of a kind are. With its slash: without, `ld` would reach into `ld-staging`. */
  folder(kind: Kind): string {
    return `${this.#prefix}/${NAMESPACES[kind]}/`
  }

  row({ kind, key }: RowName): string {
    return this.folder(kind) + key
  }

  /** Which row this is the key of. */
  rowName(key: string): RowName | undefined {
    const kind = KINDS.find((each) => key.startsWith(this.folder(each)))
    return kind && { kind, key: key.slice(this.folder(kind).length) }
  }
}
