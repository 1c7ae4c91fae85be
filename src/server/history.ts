import type { Clock } from '../async/clock.ts'
import type { ItemKind } from '../model/change-set.ts'
import type { Patch } from '../protocol/encoder.ts'

export interface HistoryLimits {
  readonly maxSteps?: number
  readonly maxBytes?: number
  readonly maxAgeMs?: number
}

export const DEFAULT_HISTORY_LIMITS: Required<HistoryLimits> = {
  maxSteps: 1_000,
  maxBytes: 8 * 1024 * 1024,
  maxAgeMs: 24 * 60 * 60 * 1_000,
}

const TOUCHED_ITEM_BYTES = 64

/** The latest steps of the data. The oldest steps are dropped when the limits are exceeded. */
export class History {
  readonly #clock: Clock
  readonly #limits: Required<HistoryLimits>
  #steps: Step[] = []
  #bytes = 0

  constructor(clock: Clock, limits: HistoryLimits = {}) {
    this.#clock = clock
    this.#limits = { ...DEFAULT_HISTORY_LIMITS, ...limits }
  }

  /** Oldest first. */
  get steps(): readonly Step[] {
    this.#trim()
    return this.#steps
  }

  push(step: Step): void {
    this.#steps.push(step)
    this.#bytes += sizeOf(step)
    this.#trim()
  }

  clear(): void {
    this.#steps = []
    this.#bytes = 0
  }

  #trim(): void {
    const { maxSteps, maxBytes, maxAgeMs } = this.#limits
    const oldest = this.#clock.now() - maxAgeMs
    const isTooMuch = ({ at }: Step): boolean =>
      this.#steps.length > maxSteps || this.#bytes > maxBytes || at < oldest
    while (this.#steps[0] && isTooMuch(this.#steps[0])) this.#bytes -= sizeOf(this.#steps.shift() as Step)
  }
}

function sizeOf({ from, to, touches }: Step): number {
  const keys = (touches ?? []).reduce(
    (sum, { key, patch }) => sum + key.length + (patch?.length ?? 0) + TOUCHED_ITEM_BYTES,
    0,
  )
  return from.length + to.length + keys
}

export interface TouchedItem {
  readonly kind: ItemKind
  readonly key: string
  /** The version of the new object, or of the deletion. */
  readonly version: number
  /** The patch from the previous object, if it is shorter than the whole object. */
  readonly patch?: { readonly operations: Patch; readonly length: number }
}

/** The transition between two states: a client in state `from` that applies the touched items is in state `to`. */
export interface Step {
  readonly from: string
  readonly to: string
  /** Milliseconds since the Unix epoch, by the clock of the server that recorded the step. */
  readonly at: number
  /** Undefined if an item went back to an earlier version, because SDKs ignore such a change in a delta. */
  readonly touches: readonly TouchedItem[] | undefined
}

/**
 * Returns the steps from one state to another in order, or undefined if there is no such path. If there are several paths,
 * any of them is correct, because touched items are sent in their current state.
 */
export function pathBetween(steps: readonly Step[], from: string, to: string): readonly Step[] | undefined {
  // Most clients are exactly one step behind.
  const last = steps.at(-1)
  if (last?.touches && last.from === from && last.to === to) return [last]
  const forward = steps.filter(({ touches }) => touches !== undefined)
  const stepsFrom = Map.groupBy(forward, (step) => step.from)
  const reachedBy = new Map<string, Step | undefined>([[from, undefined]])
  for (const state of reachedBy.keys()) {
    if (state === to) return backtrack(reachedBy, to)
    for (const step of stepsFrom.get(state) ?? []) if (!reachedBy.has(step.to)) reachedBy.set(step.to, step)
  }
  return undefined
}

function backtrack(reachedBy: ReadonlyMap<string, Step | undefined>, to: string): readonly Step[] {
  const path: Step[] = []
  for (let step = reachedBy.get(to); step; step = reachedBy.get(step.from)) path.push(step)
  return path.reverse()
}

export interface DirectedStep {
  readonly step: Step
  readonly direction: 'backward' | 'forward'
}

/**
 * Returns a path from one state backward to a common ancestor and from there forward to another state, or undefined if there
 * is none. It ignores all steps up to the last one in which an item went back to an earlier version, because that step may have
 * undone them.
 */
export function pathByAncestor(
  steps: readonly Step[],
  from: string,
  to: string,
): readonly DirectedStep[] | undefined {
  const usable = steps.slice(steps.findLastIndex(({ touches }) => touches === undefined) + 1)
  const ancestors = new Map<string, readonly DirectedStep[]>([[from, []]])
  const stepsTo = Map.groupBy(usable, (step) => step.to)
  for (const [state, path] of ancestors) {
    const forward = pathBetween(usable, state, to)
    if (forward) return [...path, ...forward.map((step): DirectedStep => ({ step, direction: 'forward' }))]
    for (const step of stepsTo.get(state) ?? []) {
      if (!ancestors.has(step.from)) ancestors.set(step.from, [...path, { step, direction: 'backward' }])
    }
  }
  return undefined
}
