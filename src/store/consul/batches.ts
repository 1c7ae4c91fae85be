import { MOST_BYTES, MOST_OPERATIONS } from './operation.ts'
import { SPARE_BYTES } from './row-plan.ts'

/** As many as go into one transaction beside a guard, in the order given. */
export function* batches<T extends { readonly room: number }>(
  items: readonly T[],
): Generator<readonly T[], void, undefined> {
  let batch: T[] = []
  let room = 0
  for (const item of items) {
    if (batch.length > 0 && !isRoom(batch.length + 1, room + item.room)) {
      yield batch
      batch = []
      room = 0
    }
    batch.push(item)
    room += item.room
  }
  if (batch.length > 0) yield batch
}

/** Whether all this goes into one transaction, beside a guard, the marker and the sidecar. */
export function fitsOne(items: readonly { readonly room: number }[]): boolean {
  const room = items.reduce((sum, item) => sum + item.room, 0)
  return isRoom(items.length, room)
}

function isRoom(operations: number, bytes: number): boolean {
  return operations <= MOST_OPERATIONS - 3 && bytes <= MOST_BYTES - SPARE_BYTES
}
