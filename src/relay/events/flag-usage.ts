import type { Clock } from '../../async/clock.ts'
import type { Flag } from '../../model/flag.ts'
import type { Audience } from '../addresses.ts'
import { MinuteCounts, type Moment } from './minute-counts.ts'
import type { SeriesBudget } from './series-budget.ts'
import { MAX_KEY_LENGTH, UnknownFlags } from './unknown-flags.ts'
import type {
  CountedVariation,
  UnknownFlag,
  UsageCounts,
  UsageReader,
  UsageSeries,
  UsageSums,
  VariationUsage,
} from './usage-view.ts'

/** A number of evaluations with the same result. */
export interface EvaluationCount {
  readonly key: string
  readonly variation: number | 'default' | 'unknown'
  readonly count: number
  readonly audience: Audience
}

export interface FlagUsageOptions {
  /** Returns the flag that the relay has now. */
  readonly flagOf: (key: string) => Flag | undefined
  /** Returns false until the relay has the flags. */
  readonly hasData: () => boolean
  readonly clock: Clock
  readonly budget: SeriesBudget
}

interface Row {
  readonly counts: MinuteCounts
  readonly hasSeries: boolean
}

/** The most combinations of flag and variation. Only flags of the relay have them, so that clients cannot use them up. */
const MAX_ROWS = 10_000

/** Unknown flags for the overview of the page. */
const MAX_LATEST = 5

/** Counts evaluations by flag, variation and minute, within a memory that does not depend on what clients send. */
export class FlagUsage implements UsageReader {
  readonly since: number
  readonly #options: FlagUsageOptions
  /** Minutes are counted by the monotonic clock, from the time at the start. */
  readonly #offset: number
  readonly #flags = new Map<string, Map<CountedVariation, Row>>()
  readonly #unknown = new UnknownFlags()
  readonly #others = new MinuteCounts()
  #rows = 0
  #series = 0
  #evaluations = 0
  #unknownEvaluations = 0
  #withoutSeries = 0
  /** The minute of the last search for deleted flags. */
  #forgotAt = 0

  constructor(options: FlagUsageOptions) {
    const { clock } = options
    this.#options = options
    this.since = clock.now()
    this.#offset = this.since - clock.monotonic()
  }

  get evaluations(): number {
    return this.#evaluations
  }

  get unknownEvaluations(): number {
    return this.#unknownEvaluations
  }

  get latestUnknown(): UsageSums['latestUnknown'] {
    return this.#unknown.latest(MAX_LATEST).map(({ key, counts: { total } }) => ({ key, total }))
  }

  get others(): UsageCounts {
    return this.#read(this.#others)
  }

  /** @param evaluations - their count must be a positive integer. */
  record({ key, variation, count, audience }: EvaluationCount): void {
    this.#evaluations = sum(this.#evaluations, count)
    this.#countsFor({ key, variation, count, audience }).add(count, this.#moment)
  }

  #countsFor({ key, variation, count, audience }: EvaluationCount): MinuteCounts {
    const { flagOf, hasData } = this.#options
    const flag = flagOf(key)
    if (variation === 'unknown') return this.#countUnknown(key, audience, count)
    if (flag !== undefined || this.#flags.has(key))
      return this.#countKnown(key, resultOf(variation, flag), count)
    // SDKs also send events while the relay reads its flags.
    return hasData() ? this.#countUnknown(key, audience, count) : this.#others
  }

  countsOf(flagKey: string): readonly VariationUsage[] {
    const rows = Array.from(this.#flags.get(flagKey) ?? [], ([variation, { counts }]) => ({
      variation,
      ...this.#read(counts),
    })).sort((a, b) => orderOf(a.variation) - orderOf(b.variation))
    const unknown = this.#unknown.countsOf(flagKey)
    if (unknown.length === 0) return rows
    return [...rows, { variation: 'unknown', ...merged(unknown.map((counts) => this.#read(counts))) }]
  }

  lastHourOf(flagKey: string): number {
    return this.#lastHour(this.#flags.get(flagKey), this.#moment)
  }

  mostUsed(): readonly string[] {
    const now = this.#moment
    const uses = Array.from(this.#flags, ([key, rows]) => {
      const total = [...rows.values()].reduce((sum, { counts }) => sum + counts.total, 0)
      return { key, total, lastHour: this.#lastHour(rows, now) }
    })
    return uses.sort((a, b) => b.lastHour - a.lastHour || b.total - a.total).map(({ key }) => key)
  }

  unknownFlags(): readonly UnknownFlag[] {
    const { flagOf } = this.#options
    return this.#unknown.latest(Infinity).map(({ key, audience, counts }) => ({
      key,
      audience,
      isInData: flagOf(key) !== undefined,
      ...this.#read(counts),
    }))
  }

  series(): readonly UsageSeries[] {
    const named: UsageSeries[] = []
    for (const [flag, rows] of this.#flags)
      for (const [variation, { counts, hasSeries }] of rows)
        if (hasSeries) named.push({ flag, variation, total: counts.total })
    return this.#withoutSeries > 0 ? [...named, { total: this.#withoutSeries }] : named
  }

  toJSON(): UsageSums {
    const { since, evaluations, unknownEvaluations, latestUnknown } = this
    return { since, evaluations, unknownEvaluations, latestUnknown }
  }

  /** Lets other environments use the series. */
  close(): void {
    this.#options.budget.give(this.#series)
    this.#series = 0
  }

  #countKnown(key: string, variation: CountedVariation, count: number): MinuteCounts {
    const row = this.#flags.get(key)?.get(variation) ?? this.#addRow(key, variation)
    if (!row?.hasSeries) this.#withoutSeries = sum(this.#withoutSeries, count)
    return row?.counts ?? this.#others
  }

  #countUnknown(key: string, audience: Audience, count: number): MinuteCounts {
    this.#unknownEvaluations = sum(this.#unknownEvaluations, count)
    return this.#unknown.of(key, audience, this.#moment) ?? this.#others
  }

  #addRow(key: string, variation: CountedVariation): Row | undefined {
    if (this.#rows >= MAX_ROWS && !this.#forgetDeleted()) return undefined
    const hasSeries = key.length <= MAX_KEY_LENGTH && this.#options.budget.take()
    const row = { counts: new MinuteCounts(), hasSeries }
    const rows = this.#flags.get(key) ?? new Map<CountedVariation, Row>()
    this.#flags.set(key, rows.set(variation, row))
    this.#rows += 1
    if (hasSeries) this.#series += 1
    return row
  }

  /** Forgets the flags that the relay does not have any more, at most once a minute. Returns true if there is room then. */
  #forgetDeleted(): boolean {
    const { flagOf } = this.#options
    const { minute } = this.#moment
    if (this.#forgotAt === minute) return false
    this.#forgotAt = minute
    for (const [key, rows] of this.#flags) {
      if (flagOf(key)) continue
      const series = [...rows.values()].filter(({ hasSeries }) => hasSeries).length
      this.#flags.delete(key)
      this.#rows -= rows.size
      this.#series -= series
      this.#options.budget.give(series)
    }
    return this.#rows < MAX_ROWS
  }

  get #moment(): Moment {
    const { clock } = this.#options
    const at = this.#offset + clock.monotonic()
    return { minute: Math.floor(at / 60_000), at: Math.floor(at) }
  }

  #lastHour(rows: ReadonlyMap<CountedVariation, Row> | undefined, { minute }: Moment): number {
    return [...(rows?.values() ?? [])].reduce((sum, { counts }) => sum + counts.lastHour(minute), 0)
  }

  #read(counts: MinuteCounts): UsageCounts {
    return {
      perMinute: counts.perMinute(this.#moment.minute),
      total: counts.total,
      lastAt: counts.lastAt,
    }
  }
}

/** Returns a variation as it is counted: each index that the flag has, and one for all others. */
function resultOf(variation: number | 'default' | 'unknown', flag: Flag | undefined): CountedVariation {
  if (typeof variation !== 'number') return variation
  return variation < (flag?.variations?.length ?? 0) ? variation : 'former'
}

const NAMES: readonly CountedVariation[] = ['default', 'former', 'unknown']

function orderOf(variation: CountedVariation): number {
  return typeof variation === 'number' ? variation : Number.MAX_SAFE_INTEGER + NAMES.indexOf(variation)
}

function merged(all: readonly UsageCounts[]): UsageCounts {
  return all.reduce((a, b) => ({
    perMinute: a.perMinute.map((count, index) => count + (b.perMinute[index] ?? 0)),
    total: sum(a.total, b.total),
    lastAt: Math.max(a.lastAt, b.lastAt),
  }))
}

function sum(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER)
}
