import type { Flag, Segment } from '../model/flag.ts'
import type { PreparedContext } from './context.ts'
import type { Refusal } from './pattern.ts'

/** Flags or segments that lead to each other; longer chains are taken for a mistake in the data. */
const DEEPEST = 250

/** Flags and segments one evaluation looks at: a web of them may have more ways through it than there is time. */
const MOST = 100_000

/** One evaluation under way. */
export class Run {
  readonly reader: FlagReader
  readonly context: PreparedContext
  /** A big segment was asked for, and there is no store of them. */
  needsBigSegments = false
  /** The first pattern it met that never matches. */
  refusal: Refusal | undefined
  #seen = 0

  constructor(reader: FlagReader, context: PreparedContext) {
    this.reader = reader
    this.context = context
  }

  /** One step further; `undefined` when it would lead in a circle, or too far. */
  step(from: Path | undefined, key: string): Path | undefined {
    this.#seen += 1
    const depth = from === undefined ? 1 : from.depth + 1
    if (this.#seen > MOST || depth > DEEPEST || isOn(from, key)) return undefined
    return { key, from, depth }
  }
}

/** The keys through which evaluation came here. */
export interface Path {
  readonly key: string
  readonly from: Path | undefined
  readonly depth: number
}

function isOn(path: Path | undefined, key: string): boolean {
  for (let step = path; step !== undefined; step = step.from) if (step.key === key) return true
  return false
}

/** All evaluation knows of where data is. Synchronous, and never throws. */
export interface FlagReader {
  flag(key: string): Flag | undefined
  segment(key: string): Segment | undefined
}
