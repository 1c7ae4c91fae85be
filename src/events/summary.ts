import type { Evaluation } from '../evaluation/detail.ts'
import type { EvaluationRecord } from './event-recorder.ts'

/** One evaluation to count. */
export type Counted = Pick<EvaluationRecord, 'key' | 'evaluation' | 'defaultValue'>

/** The number of evaluations with one variation of one version of a flag. */
interface Counter {
  count: number
  readonly variation: number | null
  readonly version: number | undefined
  readonly isUnknown: boolean
  /** The value as JSON. The application may change the value itself. */
  readonly value: string
}

interface FlagCounts {
  readonly defaultValue: string
  readonly kinds: Set<string>
  readonly counters: Counter[]
  /** The evaluations that {@link Summary.repeat} counts. */
  repeated: Repeated[]
}

interface Repeated {
  readonly evaluation: Evaluation
  readonly kinds: readonly string[]
  readonly counter: Counter
}

/** The most evaluations of a flag that are compared in {@link Summary.repeat}. */
const MAX_REPEATED = 8

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

  /** @param toJson - returns a value as JSON, and never throws. */
  constructor(toJson: (value: unknown) => string) {
    this.#toJson = toJson
  }

  get isEmpty(): boolean {
    return this.#flags.size === 0
  }

  /** Counts an evaluation. `kinds` are the kinds of its context. */
  count(counted: Counted, kinds: readonly string[], now: number): void {
    const counts = this.#countsOf(counted)
    if (counts === undefined) return
    for (const kind of kinds) counts.kinds.add(kind)
    const counter = this.#counterOf(counts, counted)
    counter.count += 1
    this.#extendTo(now)
  }

  /** Lets {@link repeat} count evaluations that are the same object as this one, which was counted before. */
  expectRepetition(counted: Counted, kinds: readonly string[]): void {
    const counts = this.#flags.get(counted.key)
    if (counts === undefined) return
    if (counts.repeated.length >= MAX_REPEATED) counts.repeated = []
    const { evaluation } = counted
    counts.repeated.push({ evaluation, kinds, counter: this.#counterOf(counts, counted) })
  }

  /** Counts an evaluation and returns true if it repeats an expected one, for the same list of kinds. */
  repeat({ key, evaluation }: Counted, kinds: readonly string[], now: number): boolean {
    const repeated = this.#flags.get(key)?.repeated
    if (repeated === undefined) return false
    for (const expected of repeated) {
      if (expected.evaluation !== evaluation || expected.kinds !== kinds) continue
      expected.counter.count += 1
      this.#extendTo(now)
      return true
    }
    return false
  }

  #extendTo(now: number): void {
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
    const counts: FlagCounts = {
      defaultValue: this.#toJson(defaultValue),
      kinds: new Set(),
      counters: [],
      repeated: [],
    }
    this.#flags.set(key, counts)
    return counts
  }

  /** Searches linearly, because a flag has few variations and rarely more than one version between two deliveries. */
  #counterOf({ counters }: FlagCounts, { evaluation, defaultValue }: Counted): Counter {
    const { flag, value, variationIndex: variation } = evaluation
    const version = typeof flag?.version === 'number' ? flag.version : undefined
    const isUnknown = flag === undefined
    for (const counter of counters) {
      const isSame = counter.variation === variation && counter.version === version
      if (isSame && counter.isUnknown === isUnknown) return counter
    }
    const text = this.#toJson(variation === null ? defaultValue : value)
    const added: Counter = { count: 0, variation, version, isUnknown, value: text }
    counters.push(added)
    return added
  }
}

function featureOf({ defaultValue, kinds, counters }: FlagCounts): string {
  const contextKinds = JSON.stringify([...kinds])
  return `{"default":${defaultValue},"contextKinds":${contextKinds},"counters":[${counters.map(counterText).join(',')}]}`
}

function counterText({ value, variation, version, isUnknown, count }: Counter): string {
  const index = variation === null ? '' : `"variation":${variation},`
  const identity = isUnknown ? '"unknown":true,' : version === undefined ? '' : `"version":${version},`
  return `{"value":${value},${index}${identity}"count":${count}}`
}
