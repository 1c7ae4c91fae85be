import type { Clock } from '../../../src/async/clock.ts'
import { RECONNECT_MS, ServerNode } from './server-node.ts'
import { type Balancer, StreamClient } from './stream-client.ts'

export interface NetworkSize {
  /** Relays that read from the service, in each region. */
  readonly hubsPerRegion: number
  /** Relays that read from the first tier and serve clients, in each region. */
  readonly edgesPerRegion: number
  readonly clientsPerEdge: number
}

type Region = 0 | 1
const REGIONS: readonly Region[] = [0, 1]

/** A relay with its connection to the tier above. */
export interface RelayNode {
  readonly region: Region
  readonly server: ServerNode
  readonly upstream: StreamClient
}

/** A service, two tiers of relays in two regions, and the clients of the lower tier. */
export interface Network {
  readonly clock: Clock
  readonly origin: ServerNode
  readonly hubs: readonly RelayNode[]
  readonly edges: readonly RelayNode[]
  readonly clients: readonly StreamClient[]
  /** Regions whose relays cannot reach the service. */
  readonly cutOff: Set<Region>
}

/** Builds a network in which every stream is open. Every relay and client prefers servers of its region. */
export function buildNetwork(clock: Clock, random: () => number, size: NetworkSize): Network {
  const origin = new ServerNode(clock, 0)
  const cutOff = new Set<Region>()
  const attached = (balancer: Balancer, node: ServerNode): StreamClient => {
    const client = new StreamClient({ clock, random, balancer })
    client.place(node)
    return client
  }
  const relay = (region: Region, balancer: Balancer, above: ServerNode): RelayNode => ({
    region,
    server: new ServerNode(clock, RECONNECT_MS),
    upstream: attached(balancer, above),
  })
  const toOrigin = (region: Region) => () => (cutOff.has(region) ? undefined : origin)
  const hubs = REGIONS.flatMap((region) =>
    repeat(size.hubsPerRegion, () => relay(region, toOrigin(region), origin)),
  )
  const toHubs = REGIONS.map((region) => roundRobin(hubs, region))
  const edges = REGIONS.flatMap((region) =>
    repeat(size.edgesPerRegion, (index) =>
      relay(region, toHubs[region] as Balancer, nodeAt(hubs, region, index)),
    ),
  )
  const toEdges = REGIONS.map((region) => roundRobin(edges, region))
  const clients = edges.flatMap(({ region, server }) =>
    repeat(size.clientsPerEdge, () => attached(toEdges[region] as Balancer, server)),
  )
  return { clock, origin, hubs, edges, clients, cutOff }
}

/** Takes the servers of the region in turn, or those of the other region while none of them is up. */
function roundRobin(relays: readonly RelayNode[], region: Region): Balancer {
  const near = relays.filter((relay) => relay.region === region).map(({ server }) => server)
  const far = relays.filter((relay) => relay.region !== region).map(({ server }) => server)
  let turn = 0
  const nextOf = (servers: readonly ServerNode[]): ServerNode | undefined => {
    for (let tried = 0; tried < servers.length; tried++) {
      const server = servers[turn++ % servers.length]
      if (server?.isUp) return server
    }
    return undefined
  }
  return () => nextOf(near) ?? nextOf(far)
}

function nodeAt(relays: readonly RelayNode[], region: Region, index: number): ServerNode {
  const near = relays.filter((relay) => relay.region === region)
  return (near[index % near.length] as RelayNode).server
}

function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
