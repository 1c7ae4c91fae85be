import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import type { Kind } from '../../model/change-set.ts'

/** Which item of a table is meant. */
export interface ItemKey {
  readonly namespace: string
  readonly key: string
}

/** What everything under a prefix is called. */
export interface Names {
  readonly partition: (kind: Kind) => string
  readonly marker: ItemKey
  readonly sidecar: ItemKey
  readonly lease: ItemKey
}

/** Names as LaunchDarkly's SDKs make them; what is Halyard's lies in a partition of its own. */
export function namesOf(prefix: string): Names {
  const named = (name: string): string => (prefix === '' ? name : `${prefix}:${name}`)
  const own = named(SIDECAR)
  return {
    partition: (kind) => named(NAMESPACES[kind]),
    marker: { namespace: named(MARKER), key: named(MARKER) },
    sidecar: { namespace: own, key: 'sidecar' },
    lease: { namespace: own, key: 'lease' },
  }
}
