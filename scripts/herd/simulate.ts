import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { Logger } from '../../src/model/logger.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { HerdOrigin } from './origin.ts'
import { seededRandom } from './random.ts'
import type { Scenario } from './scenario.ts'

/** The requests of all clients after a fault. */
export interface Herd {
  readonly scenario: Scenario
  readonly clients: number
  /** Times of the requests, in milliseconds since the fault, in order. */
  readonly attempts: readonly number[]
  /** Number of clients that were not `valid` at the end. */
  readonly lost: number
}

/** Time over which clients start, so that only the fault synchronizes them. */
const START_MS = 60_000
/** Time before the fault after which no backoff is active. */
const HEALTHY_MS = 90_000

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Simulates complete data systems with one virtual clock, each with its own random seed. */
export async function simulate(scenario: Scenario, clients: number, seed = 1): Promise<Herd> {
  const clock = new VirtualClock()
  const origin = new HerdOrigin(clock, scenario)
  const systems: DataSystem[] = []
  const seeds = seededRandom(seed)
  const affected = Math.round(clients * scenario.affected)
  for (let client = 0; client < affected; client++) {
    const random = seededRandom(seeds() * 2 ** 32)
    clock.after(random() * START_MS, () => {
      systems.push(
        createDataSystem('sdk-herd', presets[scenario.plan](), {
          transport: origin,
          clock,
          random,
          logger: SILENT,
        }),
      )
    })
  }
  await clock.advance(START_MS + HEALTHY_MS)
  if (origin.streams !== affected) throw new Error(`only ${origin.streams} of ${affected} connected`)
  origin.fail()
  await clock.advance(scenario.watchedMs)
  const lost = systems.filter(({ status }) => status.current.state !== 'valid').length
  await Promise.all(systems.map((system) => system.close()))
  return { scenario, clients, attempts: origin.attempts, lost }
}
