import { hash } from 'node:crypto'
import type { Selector } from '../selector/selector.ts'
import type { Revision } from './view.ts'

/** Hexadecimal digits of the digest. A number of 48 bits is exact in a metric, which is a double. */
const DIGITS = 12

const revisions = new WeakMap<Selector, Revision>()

/** Returns the revision of the data with this selector. It is computed once for each object. */
export function revisionOf(selector: Selector): Revision {
  const { state, version } = selector
  const revision = revisions.get(selector) ?? {
    version,
    fingerprint: Number.parseInt(hash('sha256', state, 'hex').slice(0, DIGITS), 16),
  }
  revisions.set(selector, revision)
  return revision
}
