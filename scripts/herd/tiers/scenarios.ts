import type { Network, RelayNode } from './network.ts'

/** A fault in a network with two tiers of relays. */
export interface TierScenario {
  readonly name: string
  /** One or two sentences for the documentation. */
  readonly what: string
  /** Starts the fault, and sets alarms for its end. */
  readonly begin: (network: Network) => void
  /** Simulated time, in milliseconds. */
  readonly watchedMs: number
}

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Time after which the next relay of a rolling restart stops, in milliseconds. */
const ROLL_MS = 5 * SECOND

/** Time until a relay that was restarted accepts connections, in milliseconds. */
const RESTART_MS = 2 * SECOND

function restart({ clock }: Network, relays: readonly RelayNode[], end: 'goodbye' | 'reset'): void {
  stop(relays, end)
  clock.after(RESTART_MS, () => start(relays))
}

function stop(relays: readonly RelayNode[], end: 'goodbye' | 'reset'): void {
  // All of them first, so that no relay moves to one that stops at the same moment.
  for (const { upstream } of relays) upstream.leave()
  for (const { server } of relays) server.stop(end)
}

function start(relays: readonly RelayNode[]): void {
  for (const { server, upstream } of relays) {
    server.start()
    upstream.join()
  }
}

export const TIER_SCENARIOS: readonly TierScenario[] = [
  {
    name: 'service restart',
    what: 'Every stream of the service receives a goodbye; the service refuses connections for 3 s.',
    begin({ clock, origin }) {
      origin.stop('goodbye')
      clock.after(3 * SECOND, () => origin.start())
    },
    watchedMs: MINUTE,
  },
  {
    name: 'service down',
    what: 'The service is away for 10 min.',
    begin({ clock, origin }) {
      origin.stop('reset')
      clock.after(10 * MINUTE, () => origin.start())
    },
    watchedMs: 12 * MINUTE,
  },
  {
    name: 'restart of a hub',
    what: 'One relay of the first tier is away for 2 s; its edges move to the others.',
    begin: (network) => restart(network, network.hubs.slice(0, 1), 'goodbye'),
    watchedMs: MINUTE,
  },
  {
    name: 'restart of an edge',
    what: 'One relay of the second tier is away for 2 s; its clients move to the others.',
    begin: (network) => restart(network, network.edges.slice(0, 1), 'goodbye'),
    watchedMs: MINUTE,
  },
  {
    name: 'crash of an edge',
    what: 'The same, but its streams are reset.',
    begin: (network) => restart(network, network.edges.slice(0, 1), 'reset'),
    watchedMs: MINUTE,
  },
  {
    name: 'rolling restart of all edges',
    what: 'Every 5 s the next relay of the second tier is restarted.',
    begin(network) {
      for (const [index, edge] of network.edges.entries())
        network.clock.after(index * ROLL_MS, () => restart(network, [edge], 'goodbye'))
    },
    watchedMs: 20 * MINUTE,
  },
  {
    name: 'region cut off from the service',
    what: 'The relays of one region cannot reach the service for 10 min.',
    begin({ clock, cutOff, origin, hubs }) {
      cutOff.add(0)
      const lost = hubs.filter(({ region }) => region === 0).map(({ upstream }) => upstream)
      origin.drop(lost)
      clock.after(10 * MINUTE, () => cutOff.clear())
    },
    watchedMs: 12 * MINUTE,
  },
  {
    name: 'loss of a region',
    what: 'All relays of one region are lost for 10 min; its clients reach the other region.',
    begin({ clock, hubs, edges }) {
      const lost = [...hubs, ...edges].filter(({ region }) => region === 0)
      stop(lost, 'reset')
      clock.after(10 * MINUTE, () => start(lost))
    },
    watchedMs: 12 * MINUTE,
  },
]
