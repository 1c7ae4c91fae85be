import type { Clock } from '../async/clock.ts'
import type { ItemKind } from '../model/change-set.ts'
import type { Patch } from '../protocol/encoder.ts'

export interface HistoryLimits {
  /** How many steps are kept. Default 1,000. */
  readonly maxSteps?: number
  /** How much memory they may take, in bytes, about. Default 8 MiB. */
  readonly maxBytes?: number
  /** How long a step is kept, milliseconds. Default a day. */
  readonly maxAgeMs?: number
}

export const DEFAULT_HISTORY_LIMITS: Required<HistoryLimits> = {
  maxSteps: 1_000,
  maxBytes: 8 * 1024 * 1024,
  maxAgeMs: 24 * 60 * 60 * 1_000,
}

/** What a touch takes beside its key. */
const TOUCHED_ITEM_BYTES = 64

/** The latest steps the data took. The oldest go when they get too many, too large or too old. */
export class History {
  readonly #clock: Clock
  readonly #limits: Required<HistoryLimits>
  #steps: Step[] = []
  #bytes = 0

  constructor(clock: Clock, limits: HistoryLimits = {}) {
    this.#clock = clock
    this.#limits = { ...DEFAULT_HISTORY_LIMITS, ...limits }
  }

  /** The oldest first. */
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

/** An item that may be another one after a step than before it. */
export interface TouchedItem {
  readonly kind: ItemKind
  readonly key: string
  /** Of what was put, or of the deletion. */
  readonly version: number
  /** How it differs from what it was before the step, where that is shorter than all of it. */
  readonly patch?: { readonly operations: Patch; readonly length: number }
}

/** From one state of the data to the next: a client that has the one and takes what was touched anew has the other. */
export interface Step {
  readonly from: string
  readonly to: string
  /** Milliseconds since the Unix epoch, by the clock of who took it. */
  readonly at: number
  /** `undefined` if an item went back to an earlier version: no list of touches leads a client there. */
  readonly touches: readonly TouchedItem[] | undefined
}

/**
 * The steps that lead from one state to another, in order; `undefined` when none do. Any way will do where there are
 * several: what is touched on the way is sent as it is at the end.
 */
export function pathBetween(steps: readonly Step[], from: string, to: string): readonly Step[] | undefined {
  const forward = steps.filter(({ touches }) => touches !== undefined)
  const departures = Map.groupBy(forward, (step) => step.from)
  const cameBy = new Map<string, Step | undefined>([[from, undefined]])
  for (const state of cameBy.keys()) {
    if (state === to) return backtrack(cameBy, to)
    for (const step of departures.get(state) ?? []) if (!cameBy.has(step.to)) cameBy.set(step.to, step)
  }
  return undefined
}

function backtrack(cameBy: ReadonlyMap<string, Step | undefined>, to: string): readonly Step[] {
  const path: Step[] = []
  for (let step = cameBy.get(to); step; step = cameBy.get(step.from)) path.push(step)
  return path.reverse()
}

/** A step, and the direction in which a path takes it. */
export interface DirectedStep {
  readonly step: Step
  readonly direction: 'back' | 'forth'
}

/**
 * Returns the way from one state back to a state that both have in common, and from there forth to another; `undefined` if
 * there is none. Steps before the last one that went back are not taken: they may have been undone.
 */
export function pathByAncestor(
  steps: readonly Step[],
  from: string,
  to: string,
): readonly DirectedStep[] | undefined {
  const usable = steps.slice(steps.findLastIndex(({ touches }) => touches === undefined) + 1)
  const ancestors = new Map<string, readonly DirectedStep[]>([[from, []]])
  const arrivals = Map.groupBy(usable, (step) => step.to)
  for (const [state, legs] of ancestors) {
    const forth = pathBetween(usable, state, to)
    if (forth) return [...legs, ...forth.map((step): DirectedStep => ({ step, direction: 'forth' }))]
    for (const step of arrivals.get(state) ?? []) {
      if (!ancestors.has(step.from)) ancestors.set(step.from, [...legs, { step, direction: 'back' }])
    }
  }
  return undefined
}
