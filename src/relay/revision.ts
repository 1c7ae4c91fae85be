import { hash } from 'node:crypto'
import type { Selector } from '../selector/selector.ts'
import type { Revision } from './view.ts'

/** Hexadecimal digits of the digest. A number of 48 bits is exact in a metric, which is a double. */
const DIGITS = 12

/** Returns a function that derives the revision from a selector, and computes it only when the selector has changed. */
export function cachedRevision(): (selector: Selector | undefined) => Revision | undefined {
  let last: { readonly selector: Selector; readonly revision: Revision } | undefined
  return (selector) => {
    if (!selector) return undefined
    if (last?.selector !== selector) last = { selector, revision: revisionOf(selector) }
    return last.revision
  }
}

function revisionOf({ state, version }: Selector): Revision {
  return { version, fingerprint: Number.parseInt(hash('sha256', state, 'hex').slice(0, DIGITS), 16) }
}
