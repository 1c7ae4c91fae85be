import { callSafely, handleRejection } from '../async/call-safely.ts'
import type { Clock } from '../async/clock.ts'
import { type Context, contextProblem } from '../evaluation/context.ts'
import type { Reason } from '../evaluation/detail.ts'
import { errorText } from '../model/error-text.ts'
import type { Flag } from '../model/flag.ts'
import { isSampled } from '../model/sampling.ts'
import type { LDMigrationMeasurement, LDMigrationOp, LDMigrationOpEvent } from './operation-event.ts'
import type { LDMigrationOrigin, LDMigrationStage } from './stages.ts'

/** Collects the measurements of one operation of a migration. */
export interface LDMigrationTracker {
  /** Sets the operation. */
  op(op: LDMigrationOp): void
  /** Records that an origin was called. */
  invoked(origin: LDMigrationOrigin): void
  /** Records the duration of the call of an origin, in milliseconds. */
  latency(origin: LDMigrationOrigin, value: number): void
  /** Records that an origin failed. */
  error(origin: LDMigrationOrigin): void
  /**
   * Calls `check`, which compares the results of both origins, and records its result. Calls it for one of N operations if
   * the flag has the `checkRatio` N. If `check` throws, the error is logged and nothing is recorded.
   */
  consistency(check: () => boolean): void
  /**
   * Returns the event of the operation. Returns `undefined` if the flag is overridden, and, with an error in the log, if the
   * measurements contradict each other.
   */
  createEvent(): LDMigrationOpEvent | undefined
}

/** The evaluation that a tracker belongs to. */
export interface TrackedEvaluation {
  readonly key: string
  readonly context: Context
  readonly defaultStage: LDMigrationStage
  readonly stage: LDMigrationStage
  readonly variationIndex: number | null
  readonly reason: Reason
  /** Absent if the flag does not exist. */
  readonly flag: Flag | undefined
}

export interface TrackerSurroundings {
  readonly clock: Pick<Clock, 'now'>
  /** Returns numbers in [0, 1), for samples. */
  readonly random: () => number
  /** Receives each problem as a line for the log. */
  readonly onProblem: (problem: string) => void
}

const ORIGINS: readonly LDMigrationOrigin[] = ['old', 'new']

export class MigrationTracker implements LDMigrationTracker {
  readonly #evaluation: TrackedEvaluation
  readonly #surroundings: TrackerSurroundings
  readonly #invoked = new Set<LDMigrationOrigin>()
  readonly #failed = new Set<LDMigrationOrigin>()
  readonly #latencies = new Map<LDMigrationOrigin, number>()
  #operation: LDMigrationOp | undefined
  #isConsistent: boolean | undefined

  constructor(evaluation: TrackedEvaluation, surroundings: TrackerSurroundings) {
    this.#evaluation = evaluation
    this.#surroundings = surroundings
  }

  op(op: LDMigrationOp): void {
    this.#operation = op
  }

  invoked(origin: LDMigrationOrigin): void {
    this.#invoked.add(origin)
  }

  latency(origin: LDMigrationOrigin, value: number): void {
    if (Number.isFinite(value)) this.#latencies.set(origin, value)
    else this.#report(`the latency of the ${errorText(origin)} origin is not a number and is left out`)
  }

  error(origin: LDMigrationOrigin): void {
    this.#failed.add(origin)
  }

  consistency(check: () => boolean): void {
    if (!isSampled(this.#checkRatio, this.#surroundings.random)) return
    const onError = (error: unknown): void =>
      this.#report(`the consistency check failed and is left out of the event: ${errorText(error)}`)
    const checked = callSafely((): { readonly result: unknown } => ({ result: check() }), onError)
    if (!checked) return
    const { result } = checked
    if (typeof result === 'boolean') {
      this.#isConsistent = result
      return
    }
    handleRejection(result, () => {})
    this.#report('the consistency check did not return a boolean and is left out of the event')
  }

  createEvent(): LDMigrationOpEvent | undefined {
    // Values for local development must not reach the service (OV4.3).
    if (this.#evaluation.reason.overridden) return undefined
    const problem = this.#problem()
    const operation = this.#operation
    if (problem !== undefined || operation === undefined) {
      this.#report(`no event is sent: ${problem ?? 'the operation is not set'}`)
      return undefined
    }
    const { key, context, defaultStage, stage, variationIndex, reason, flag } = this.#evaluation
    return {
      kind: 'migration_op',
      operation,
      creationDate: this.#surroundings.clock.now(),
      context,
      evaluation: {
        key,
        value: stage,
        default: defaultStage,
        ...(variationIndex !== null && { variation: variationIndex }),
        ...(typeof flag?.version === 'number' && { version: flag.version }),
        reason: { ...reason },
      },
      measurements: this.#measurements(),
      samplingRatio: ratioOf(flag?.samplingRatio),
    }
  }

  get #checkRatio(): number {
    return ratioOf(this.#evaluation.flag?.migration?.checkRatio)
  }

  /** Returns why no event can be created. */
  #problem(): string | undefined {
    const { key, context } = this.#evaluation
    // A program without types may pass any key.
    if (typeof key !== 'string' || key === '') return 'the key of the flag is not a string, or is empty'
    const problem = contextProblem(context)
    if (problem !== undefined) return problem
    if (!ORIGINS.some((origin) => this.#invoked.has(origin))) return 'no origin was invoked'
    for (const origin of ORIGINS) {
      if (this.#invoked.has(origin)) continue
      const what = this.#measurementOf(origin)
      if (what !== undefined) return `${what} was recorded, but the ${origin} origin was not invoked`
    }
    return undefined
  }

  #measurementOf(origin: LDMigrationOrigin): string | undefined {
    if (this.#latencies.has(origin)) return 'a latency'
    if (this.#failed.has(origin)) return 'an error'
    return this.#isConsistent === undefined ? undefined : 'a consistency check'
  }

  #measurements(): LDMigrationMeasurement[] {
    const latencies = ORIGINS.flatMap((origin) => {
      const latency = this.#latencies.get(origin)
      return latency === undefined ? [] : [[origin, latency] as const]
    })
    const value = this.#isConsistent
    const failed = trueFor(this.#failed)
    return [
      { key: 'invoked', values: trueFor(this.#invoked) },
      ...(value === undefined
        ? []
        : [{ key: 'consistent', value, samplingRatio: this.#checkRatio } as const]),
      ...(latencies.length === 0
        ? []
        : [{ key: 'latency_ms', values: Object.fromEntries(latencies) } as const]),
      ...(this.#failed.size === 0 ? [] : [{ key: 'error', values: failed } as const]),
    ]
  }

  #report(problem: string): void {
    this.#surroundings.onProblem(`migration "${errorText(this.#evaluation.key)}": ${problem}`)
  }
}

function trueFor(origins: ReadonlySet<LDMigrationOrigin>): { readonly [Origin in LDMigrationOrigin]?: true } {
  return Object.fromEntries(ORIGINS.filter((origin) => origins.has(origin)).map((origin) => [origin, true]))
}

/** Returns a sampling ratio of a flag; 1 if it has none. */
function ratioOf(ratio: unknown): number {
  return typeof ratio === 'number' && Number.isFinite(ratio) ? ratio : 1
}
