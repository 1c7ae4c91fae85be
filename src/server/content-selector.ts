import { hash } from 'node:crypto'
import type { Selector } from '../selector/selector.ts'
import type { ChangeFrame } from './frame.ts'

/**
 * Returns the selector of data whose source gave it none, such as FDv1 or rows of other software: its content alone,
 * so that servers of the same data agree, before and after a restart (decision 25). The order of the items does not
 * matter. After a change only the changed items are hashed again.
 */
export function contentSelector(frames: Iterable<ChangeFrame>): Selector {
  let sum = 0n
  for (const frame of frames) {
    frame.digest ??= BigInt(`0x${hash('sha256', frame.json, 'hex').slice(0, 32)}`)
    // XOR needs no order, and loses nothing because each item occurs once.
    sum ^= frame.digest
  }
  return { state: `halyard-content:${sum.toString(16)}`, version: 1 }
}
