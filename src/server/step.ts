import type { Kind } from '../model/kind.ts'
import type { Patch } from '../protocol/encoder.ts'

/** An item that may be another one after a step than before it. */
export interface Touch {
  readonly kind: Kind
  readonly key: string
  /** Of what was put, or of the deletion. */
  readonly version: number
  /** How it differs from what it was before the step, where that is shorter than all of it. */
  readonly patch?: { readonly operations: Patch; readonly length: number }
}

/** From one state of the data to the next: whoever has the one and takes what was touched anew has the other. */
export interface Step {
  readonly from: string
  readonly to: string
  /** Milliseconds since the Unix epoch, by the clock of who took it. */
  readonly at: number
  readonly touches: readonly Touch[]
}

/**
 * The steps that lead from one state to another, in order; `undefined` when none do. Any way will do where there are
 * several: what is touched on the way is sent as it is at the end.
 */
export function pathBetween(steps: readonly Step[], from: string, to: string): readonly Step[] | undefined {
  const departures = Map.groupBy(steps, (step) => step.from)
  const cameBy = new Map<string, Step | undefined>([[from, undefined]])
  for (const state of cameBy.keys()) {
    if (state === to) return waysBack(cameBy, to)
    for (const step of departures.get(state) ?? []) if (!cameBy.has(step.to)) cameBy.set(step.to, step)
  }
  return undefined
}

function waysBack(cameBy: ReadonlyMap<string, Step | undefined>, to: string): readonly Step[] {
  const path: Step[] = []
  for (let step = cameBy.get(to); step; step = cameBy.get(step.from)) path.push(step)
  return path.reverse()
}
