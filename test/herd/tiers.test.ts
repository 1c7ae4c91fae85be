import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../scripts/herd/random.ts'
import { SCENARIOS } from '../../scripts/herd/scenarios.ts'
import { simulate } from '../../scripts/herd/simulate.ts'
import { TIER_SCENARIOS } from '../../scripts/herd/tiers/scenarios.ts'
import { ServerNode } from '../../scripts/herd/tiers/server-node.ts'
import { simulateTiers, type TierResult } from '../../scripts/herd/tiers/simulate.ts'
import { StreamClient } from '../../scripts/herd/tiers/stream-client.ts'
import { Timeline } from '../../scripts/herd/tiers/timeline.ts'

const SIZE = { hubsPerRegion: 3, edgesPerRegion: 10, clientsPerEdge: 100 }

function resultOf(name: string): TierResult {
  const scenario = TIER_SCENARIOS.find((each) => each.name === name)
  if (!scenario) throw new Error(`no scenario ${name}`)
  return simulateTiers(scenario, SIZE)
}

/** Returns the number of requests in each of these seconds after the fault. */
function histogram(attempts: readonly number[], seconds: number): readonly number[] {
  const counts = Array.from(
    { length: seconds },
    (_, second) => attempts.filter((ms) => Math.floor(ms / 1_000) === second).length,
  )
  return counts
}

describe('the model of a client', () => {
  it.each(['origin restart', 'origin crash'])(
    '(D10) sends the requests of a data system: %s',
    async (name) => {
      const scenario = SCENARIOS.find((each) => each.name === name && each.plan === 'streaming')
      if (!scenario) throw new Error(`no scenario ${name}`)
      const clients = 400
      const herd = await simulate({ ...scenario, watchedMs: 20_000 }, clients)
      const clock = new Timeline()
      const random = seededRandom(7)
      const attempts: number[] = []
      const node = new ServerNode(clock, 0)
      const recorded = (): ServerNode => {
        attempts.push(clock.monotonic())
        return node
      }
      for (let index = 0; index < clients; index++)
        new StreamClient({ clock, random, balancer: recorded }).place(node)
      node.stop(scenario.streamsEnd)
      clock.after(3_000, () => node.start())
      clock.advance(20_000)
      const model = histogram(attempts, 8)
      for (const [second, real] of histogram(herd.attempts, 8).entries()) {
        // Four standard deviations of a count.
        expect(Math.abs((model[second] as number) - real), `second ${second}`).toBeLessThan(
          20 + 4 * Math.sqrt(real),
        )
      }
    },
  )
})

describe('two tiers of relays', () => {
  it.each(['service restart', 'service down', 'restart of a hub', 'region cut off from the service'])(
    '(S230.2) a failure above the edges reaches no client: %s',
    (name) => {
      const { edges, moved } = resultOf(name)
      expect({ requests: edges.requests, moved }).toEqual({ requests: 0, moved: 0 })
    },
  )

  it.each(['restart of an edge', 'crash of an edge', 'rolling restart of all edges', 'loss of a region'])(
    '(S230.3) every client has a stream again within its first reconnect delay: %s',
    (name) => {
      const { gapMs, moved } = resultOf(name)
      expect(moved).toBeGreaterThan(0)
      expect(gapMs.max).toBeLessThan(1_500)
    },
  )

  it('(D10) a service that is down for ten minutes is asked at most 2 times a minute by each hub after the first', () => {
    const { origin } = resultOf('service down')
    expect(origin.requests).toBeLessThan(6 * (10 + 10 * 3))
  })
})
