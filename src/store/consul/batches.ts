import { portions } from '../portions.ts'
import { MOST_BYTES, MOST_OPERATIONS } from './operation.ts'
import { SPARE_BYTES } from './row-plan.ts'

/** Something that takes room in the body of a transaction. */
export interface Sized {
  readonly room: number
}

/** What goes into one transaction beside a guard, the marker and the sidecar. */
const LIMITS = {
  most: MOST_OPERATIONS - 3,
  mostSize: MOST_BYTES - SPARE_BYTES,
  sizeOf: ({ room }: Sized): number => room,
}

/** As many as go into one transaction, in the order given. */
export function batches<T extends Sized>(items: readonly T[]): Iterable<readonly T[]> {
  return portions<T>(items, LIMITS)
}

/** Whether all this goes into one transaction. */
export function fitsOne(items: readonly Sized[]): boolean {
  const room = items.reduce((sum, item) => sum + item.room, 0)
  return items.length <= LIMITS.most && room <= LIMITS.mostSize
}
