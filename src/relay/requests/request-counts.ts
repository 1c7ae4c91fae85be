import type { IncomingHttpHeaders } from 'node:http'
import { type Audience, STREAM_ROUTES } from '../addresses.ts'
import type { SdkStreams } from '../view.ts'
import { agentOf, OTHER, type SdkName, SdkNames } from './sdk-name.ts'

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
interface RequestCount extends Omit<AnsweredRequest, 'seconds'> {
  readonly count: number
}

/** Durations of requests by route, in seconds. */
interface DurationCounts extends Pick<AnsweredRequest, 'method' | 'route' | 'status'> {
  /** Number of requests for each element of {@link DURATION_BUCKETS}, and of slower ones. Not cumulative. */
  readonly buckets: readonly number[]
  readonly sum: number
}

interface StreamCount {
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

interface Series extends Pick<AnsweredRequest, 'method' | 'route' | 'status'> {
  readonly durations: Durations
  count: number
}

/** The series of one client, by route. Routes are few constant strings, so no key must be built for each request. */
type SeriesByRoute = Map<string, Series[]>

/** The counts of all clients with the same labels. */
export class ClientCounts implements RequestClient {
  readonly environment: string
  readonly audience: Audience
  readonly sdk: SdkName
  readonly series: SeriesByRoute = new Map()
  /** Number of open streams. */
  open = 0

  constructor(environment: string, audience: Audience, sdk: SdkName) {
    this.environment = environment
    this.audience = audience
    this.sdk = sdk
  }
}

/** The clients of one environment with the same kind of credential. */
class Clients {
  readonly bySdk = new Map<SdkName, ClientCounts>()
  /** By user agent, so that it is only parsed once. Limited, because clients can send invented user agents. */
  readonly byAgent = new Map<string, ClientCounts>()
}

const MAX_AGENTS = 200

/** Number of SDKs for the page. */
const MAX_SHOWN = 10
const MAX_AGENT_LENGTH = 256

/** Counts requests and open streams. Called for each request, so it neither builds keys nor copies labels. */
export class RequestCounts {
  readonly #maxSeries: number
  readonly #sdks = new SdkNames()
  readonly #environments = new Map<string, Readonly<Record<Audience, Clients>>>()
  /** The series of requests without a client. */
  readonly #others: SeriesByRoute = new Map()
  readonly #durations = new Map<string, Durations>()
  #size = 0
  active = 0

  /** @param maxSeries - is the number of combinations of labels beyond which further SDKs are counted as `other`. */
  constructor(maxSeries: number = DEFAULT_MAX_SERIES) {
    this.#maxSeries = maxSeries
  }

  /** Returns the counts of the client with this environment, credential and user agent. */
  clientOf(environment: string, audience: Audience, headers: IncomingHttpHeaders): ClientCounts {
    const agent = agentOf(headers)
    const { byAgent } = this.#clientsOf(environment, audience)
    const known = byAgent.get(agent)
    if (known) return known
    const client = this.#clientWith(environment, audience, this.#sdks.of(agent, audience))
    if (byAgent.size < MAX_AGENTS && agent.length <= MAX_AGENT_LENGTH) byAgent.set(agent, client)
    return client
  }

  add(request: AnsweredRequest, client: ClientCounts | undefined): void {
    const series = this.#seriesOf(request, client)
    series.count++
    const { seconds } = request
    const { durations } = series
    durations.sum += seconds
    const bucket = bucketOf(seconds)
    durations.buckets[bucket] = (durations.buckets[bucket] ?? 0) + 1
  }

  /** Returns the SDKs with the most open streams of an environment. */
  sdksOf(environment: string): readonly SdkStreams[] {
    const byAudience = this.#environments.get(environment)
    return Object.values(byAudience ?? {})
      .flatMap(({ bySdk }) => Array.from(bySdk.values(), ({ sdk, open }) => ({ ...sdk, streams: open })))
      .filter(({ streams }) => streams > 0)
      .toSorted((a, b) => b.streams - a.streams)
      .slice(0, MAX_SHOWN)
  }

  /** Returns the statistics of the environments with these names, and forgets the others. */
  view(environments: ReadonlySet<string>): RequestsView {
    const clients: ClientCounts[] = []
    for (const [name, byAudience] of this.#environments) {
      const all = Object.values(byAudience).flatMap(({ bySdk }) => [...bySdk.values()])
      if (environments.has(name)) clients.push(...all)
      else this.#forget(name, all)
    }
    return {
      counts: [
        ...clients.flatMap((client) => countsOf(client.series, client)),
        ...countsOf(this.#others, undefined),
      ],
      durations: Array.from(this.#durations.values(), (durations) => ({
        ...durations,
        buckets: [...durations.buckets],
      })),
      streams: clients.filter(hasStreams).map((client) => ({ client, open: client.open })),
      active: this.active,
    }
  }

  #forget(name: string, clients: readonly ClientCounts[]): void {
    // Their streams end soon.
    if (clients.some(({ open }) => open > 0)) return
    this.#environments.delete(name)
    for (const { series } of clients) for (const list of series.values()) this.#size -= list.length
  }

  #clientsOf(environment: string, audience: Audience): Clients {
    const known = this.#environments.get(environment)
    if (known) return known[audience]
    const added = { server: new Clients(), mobile: new Clients(), browser: new Clients() }
    this.#environments.set(environment, added)
    return added[audience]
  }

  #clientWith(environment: string, audience: Audience, sdk: SdkName): ClientCounts {
    const { bySdk } = this.#clientsOf(environment, audience)
    const client = bySdk.get(sdk) ?? new ClientCounts(environment, audience, sdk)
    bySdk.set(sdk, client)
    return client
  }

  #seriesOf(request: AnsweredRequest, client: ClientCounts | undefined): Series {
    const { method, route, status } = request
    const byRoute = client?.series ?? this.#others
    for (const series of byRoute.get(route) ?? [])
      if (series.status === status && series.method === method) return series
    if (this.#size >= this.#maxSeries && client && client.sdk !== OTHER)
      return this.#seriesOf(request, this.#clientWith(client.environment, client.audience, OTHER))
    const series: Series = { method, route, status, durations: this.#durationsOf(request), count: 0 }
    byRoute.set(route, [...(byRoute.get(route) ?? []), series])
    this.#size++
    return series
  }

  #durationsOf({ method, route, status }: AnsweredRequest): Durations {
    const key = `${method} ${route} ${status}`
    const known = this.#durations.get(key)
    if (known) return known
    const buckets = Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0)
    const durations = { method, route, status, buckets, sum: 0 }
    this.#durations.set(key, durations)
    return durations
  }
}

function countsOf(byRoute: SeriesByRoute, client: RequestClient | undefined): RequestCount[] {
  return Array.from(byRoute.values()).flatMap((list) =>
    list.map(({ method, route, status, count }) => ({ client, method, route, status, count })),
  )
}

/** Returns true for a client that has, or had, streams. */
function hasStreams({ open, series }: ClientCounts): boolean {
  return open > 0 || [...series.keys()].some((route) => STREAM_ROUTES.has(route))
}

function bucketOf(seconds: number): number {
  let index = 0
  while (index < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[index] ?? 0)) index++
  return index
}
