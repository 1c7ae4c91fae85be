import type { PutChange } from '../../src/model/change-set.ts'
import { patchEvent, patchOf } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'

/** A put as a patch of what is held, where it can be one. */
export function patched(held: object, put: PutChange): WireEvent | undefined {
  const patch = patchOf(held, put)
  return patch && patchEvent(put, patch)
}
