import type { PutChange } from '../../src/model/change-set.ts'
import { patchEvent, patchOf } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'

/** Returns a put as a patch of the held object, or `undefined` if a patch cannot express it. */
export function patched(held: object, put: PutChange): WireEvent | undefined {
  const patch = patchOf(held, put)
  return patch && patchEvent(put, patch)
}
