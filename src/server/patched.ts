import type { Change, Put } from '../model/change-set.ts'
import { patchEvent, patchOf } from '../protocol/encoder.ts'
import { MOST_OPERATIONS } from '../protocol/patch.ts'
import { type ChangeFrame, type Frame, frameOf } from './frame.ts'
import type { Touch } from './step.ts'

/** A change as a patch, where that is shorter (D19). */
export function shortened(before: Change, { change, json }: ChangeFrame): Pick<Touch, 'patch'> {
  if (before.op !== 'put' || change.op !== 'put') return {}
  const operations = patchOf(before.object, change)
  const length = operations ? JSON.stringify(operations).length : Infinity
  return operations && length < json.length ? { patch: { operations, length } } : {}
}

/** All patches of an item as one; `undefined` where one of the touches was none. */
export function together(touches: readonly Touch[], change: Put): Frame | undefined {
  const patches = touches.flatMap(({ patch }) => patch ?? [])
  const operations = patches.flatMap((patch) => patch.operations)
  const isWhole = patches.length < touches.length || operations.length > MOST_OPERATIONS
  return isWhole ? undefined : frameOf(patchEvent(change, operations))
}

/** Whether each touch of an item brought a later version. */
export function isRising(touches: readonly Touch[]): boolean {
  return touches.every(({ version }, index) => index === 0 || version > (touches[index - 1]?.version ?? 0))
}
