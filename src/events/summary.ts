import type { EvaluationRecord } from './event-recorder.ts'

/** One evaluation to count. */
export type Counted = Pick<EvaluationRecord, 'key' | 'evaluation' | 'defaultValue'>

/** The number of evaluations with one variation of one version of a flag. */
export interface Counter {
  count: number
}

interface ValueCounter extends Counter {
  readonly variation: number | null
  readonly version: number | undefined
  readonly isUnknown: boolean
  /** The value as JSON. The application may change the value itself. */
  readonly value: string
}

interface FlagCounts {
  readonly defaultValue: string
  readonly kinds: Set<string>
  readonly counters: ValueCounter[]
}

/**
 * The most flags in one summary. Without a limit, a program that evaluates a new key for each request, while the service does
 * not answer, would fill the memory.
 */
const MAX_FLAGS = 100_000

/** The counts of evaluations since the last delivery. They become one summary event. */
export class Summary {
  readonly #toJson: (value: unknown) => string
  #flags = new Map<string, FlagCounts>()
  #startDate = Infinity
  #endDate = 0

  /** @param toJson returns a value as JSON, and never throws. */
  constructor(toJson: (value: unknown) => string) {
    this.#toJson = toJson
  }

  get isEmpty(): boolean {
    return this.#flags.size === 0
  }

  /**
   * Counts an evaluation. Returns the counter, for {@link repeat}; `undefined` if the summary has no room for another flag.
   */
  count(counted: Counted, kinds: readonly string[], now: number): Counter | undefined {
    const counts = this.#countsOf(counted)
    if (counts === undefined) return undefined
    for (const kind of kinds) counts.kinds.add(kind)
    const counter = this.#counterOf(counts, counted)
    this.repeat(counter, now)
    return counter
  }

  /** Counts another evaluation with the same flag, result and kinds. The counter must be from after the last {@link take}. */
  repeat(counter: Counter, now: number): void {
    counter.count += 1
    if (now < this.#startDate) this.#startDate = now
    if (now > this.#endDate) this.#endDate = now
  }

  /** Returns the summary event as JSON and starts a new period; `undefined` if nothing was counted. */
  take(): string | undefined {
    if (this.isEmpty) return undefined
    const flags = [...this.#flags].map(([key, counts]) => `${JSON.stringify(key)}:${featureOf(counts)}`)
    const dates = `"startDate":${this.#startDate},"endDate":${this.#endDate}`
    this.#flags = new Map()
    this.#startDate = Infinity
    this.#endDate = 0
    return `{"kind":"summary",${dates},"features":{${flags.join(',')}}}`
  }

  #countsOf({ key, defaultValue }: Counted): FlagCounts | undefined {
    const known = this.#flags.get(key)
    if (known !== undefined || this.#flags.size >= MAX_FLAGS) return known
    const counts = { defaultValue: this.#toJson(defaultValue), kinds: new Set<string>(), counters: [] }
    this.#flags.set(key, counts)
    return counts
  }

  /** Searches linearly, because a flag has few variations and rarely more than one version between two deliveries. */
  #counterOf({ counters }: FlagCounts, { evaluation, defaultValue }: Counted): ValueCounter {
    const { flag, value, variationIndex: variation } = evaluation
    const version = typeof flag?.version === 'number' ? flag.version : undefined
    const isUnknown = flag === undefined
    for (const counter of counters) {
      const isSame = counter.variation === variation && counter.version === version
      if (isSame && counter.isUnknown === isUnknown) return counter
    }
    const text = this.#toJson(variation === null ? defaultValue : value)
    const added: ValueCounter = { count: 0, variation, version, isUnknown, value: text }
    counters.push(added)
    return added
  }
}

function featureOf({ defaultValue, kinds, counters }: FlagCounts): string {
  const contextKinds = JSON.stringify([...kinds])
  return `{"default":${defaultValue},"contextKinds":${contextKinds},"counters":[${counters.map(counterText).join(',')}]}`
}

function counterText({ value, variation, version, isUnknown, count }: ValueCounter): string {
  const index = variation === null ? '' : `"variation":${variation},`
  const identity = isUnknown ? '"unknown":true,' : version === undefined ? '' : `"version":${version},`
  return `{"value":${value},${index}${identity}"count":${count}}`
}
