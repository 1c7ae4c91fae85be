import { seededRandom } from '../random.ts'
import { buildNetwork, type NetworkSize, type RelayNode } from './network.ts'
import type { TierScenario } from './scenarios.ts'
import { RECONNECT_MS } from './server-node.ts'
import type { StreamClient } from './stream-client.ts'
import { Timeline } from './timeline.ts'

/** The load of the servers of one tier after a fault. */
export interface TierLoad {
  /** Requests of the whole tier. */
  readonly requests: number
  /** The most requests of one server in one second. */
  readonly peak: number
}

export interface TierResult {
  readonly scenario: TierScenario
  readonly origin: TierLoad
  readonly hubs: TierLoad
  readonly edges: TierLoad
  /** Clients whose stream ended. */
  readonly moved: number
  /** The longest times without a stream of those clients, in milliseconds. 0 if there is none. */
  readonly gapMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** The most streams of one edge at the end. */
  readonly fullest: number
  /** The most processor time that one edge needs in one second for clients that reconnect, as a part of one core. */
  readonly edgeUse: number
}

/** Simulates one fault. The same seed gives the same result. */
export function simulateTiers(scenario: TierScenario, size: NetworkSize, seed = 1): TierResult {
  const clock = new Timeline()
  const network = buildNetwork(clock, seededRandom(seed), size)
  scenario.begin(network)
  clock.advance(scenario.watchedMs)
  const { hubs, edges, clients, origin } = network
  const edgeLoad = loadOf(edges)
  return {
    scenario,
    origin: { requests: origin.requests, peak: origin.peak },
    hubs: loadOf(hubs),
    edges: edgeLoad,
    ...gapsOf(clients),
    fullest: edges.reduce((most, { server }) => Math.max(most, server.streams), 0),
    edgeUse: (edgeLoad.peak * RECONNECT_MS) / 1_000,
  }
}

function loadOf(relays: readonly RelayNode[]): TierLoad {
  const requests = relays.reduce((sum, { server }) => sum + server.requests, 0)
  return { requests, peak: relays.reduce((peak, { server }) => Math.max(peak, server.peak), 0) }
}

function gapsOf(clients: readonly StreamClient[]): Pick<TierResult, 'moved' | 'gapMs'> {
  const gaps = Float64Array.from(
    clients.map(({ longestGapMs }) => longestGapMs).filter((gap) => gap > 0),
  ).sort()
  const at = (part: number): number => gaps[Math.ceil(gaps.length * part) - 1] ?? 0
  return { moved: gaps.length, gapMs: { p50: at(0.5), p99: at(0.99), max: at(1) } }
}
