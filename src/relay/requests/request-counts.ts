import type { Audience } from '../addresses.ts'
import { OTHER, type SdkName } from './sdk-name.ts'

/** The client of a request whose credential was accepted. */
export interface RequestClient {
  /** The name of the environment. */
  readonly environment: string
  readonly audience: Audience
  readonly sdk: SdkName
}

/** A request that was answered, or whose stream has begun. No member contains text of the request other than the SDK. */
export interface AnsweredRequest {
  /** Absent for requests of operators, and if the credential was refused. */
  readonly client: RequestClient | undefined
  readonly method: string
  /** The template of the path. */
  readonly route: string
  readonly status: number
  readonly seconds: number
}

/** Number of requests with these labels. */
export interface RequestCount extends Omit<AnsweredRequest, 'seconds'> {
  readonly count: number
}

/** Durations of requests by route, in seconds. */
export interface DurationCounts extends Pick<AnsweredRequest, 'method' | 'route' | 'status'> {
  /** Number of requests for each element of {@link DURATION_BUCKETS}, and of slower ones. Not cumulative. */
  readonly buckets: readonly number[]
  readonly sum: number
}

export interface StreamCount {
  readonly client: RequestClient
  readonly open: number
}

/** Statistics of the requests of a relay. */
export interface RequestsView {
  readonly counts: readonly RequestCount[]
  readonly durations: readonly DurationCounts[]
  readonly streams: readonly StreamCount[]
  /** Requests that are being answered, and open streams. */
  readonly active: number
}

/** Upper bounds in seconds. Polls take less than a millisecond, evaluations and full payloads of large environments longer. */
export const DURATION_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

export const DEFAULT_MAX_SERIES = 2_000

type Mutable<T> = { -readonly [N in keyof T]: T[N] }

interface Durations extends Mutable<Omit<DurationCounts, 'buckets'>> {
  readonly buckets: number[]
}

interface Series extends Mutable<RequestCount> {
  readonly durations: Durations
}

/** Counts requests and open streams. */
export class RequestCounts {
  readonly #maxSeries: number
  readonly #series = new Map<string, Series>()
  readonly #durations = new Map<string, Durations>()
  readonly #streams = new Map<string, Mutable<StreamCount>>()
  active = 0

  /** @param maxSeries is the number of combinations of labels beyond which further SDKs are counted as `other`. */
  constructor(maxSeries: number = DEFAULT_MAX_SERIES) {
    this.#maxSeries = maxSeries
  }

  add(request: AnsweredRequest): void {
    const series = this.#seriesOf(request)
    series.count++
    const { durations } = series
    durations.sum += request.seconds
    const bucket = bucketOf(request.seconds)
    durations.buckets[bucket] = (durations.buckets[bucket] ?? 0) + 1
  }

  addStreams(client: RequestClient, difference: 1 | -1): void {
    const key = clientKey(client)
    const known = this.#streams.get(key) ?? { client, open: 0 }
    known.open += difference
    this.#streams.set(key, known)
  }

  /** Returns the statistics of the environments with these names, and forgets the others. */
  view(environments: ReadonlySet<string>): RequestsView {
    const isGone = (client: RequestClient | undefined): boolean =>
      client !== undefined && !environments.has(client.environment)
    for (const [key, { client }] of this.#series) if (isGone(client)) this.#series.delete(key)
    for (const [key, { client, open }] of this.#streams) {
      if (open === 0 && isGone(client)) this.#streams.delete(key)
    }
    return {
      counts: Array.from(this.#series.values(), ({ durations: _, ...count }) => count),
      durations: Array.from(this.#durations.values(), (durations) => ({
        ...durations,
        buckets: [...durations.buckets],
      })),
      streams: [...this.#streams.values()].filter(({ client }) => !isGone(client)),
      active: this.active,
    }
  }

  #seriesOf(request: AnsweredRequest): Series {
    const { client, method, route, status } = request
    const key = `${client ? clientKey(client) : ''}\n${method}\n${route}\n${status}`
    const known = this.#series.get(key)
    if (known) return known
    if (this.#series.size >= this.#maxSeries && client && client.sdk !== OTHER)
      return this.#seriesOf({ ...request, client: { ...client, sdk: OTHER } })
    const series = { client, method, route, status, count: 0, durations: this.#durationsOf(request) }
    this.#series.set(key, series)
    return series
  }

  #durationsOf({ method, route, status }: AnsweredRequest): Durations {
    const key = `${method}\n${route}\n${status}`
    const known = this.#durations.get(key)
    if (known) return known
    const buckets = Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0)
    const durations = { method, route, status, buckets, sum: 0 }
    this.#durations.set(key, durations)
    return durations
  }
}

function clientKey({ environment, audience, sdk }: RequestClient): string {
  return `${environment}\n${audience}\n${sdk.name}/${sdk.version}`
}

function bucketOf(seconds: number): number {
  const index = DURATION_BUCKETS.findIndex((bound) => seconds <= bound)
  return index < 0 ? DURATION_BUCKETS.length : index
}
