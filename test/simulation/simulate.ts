import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { Logger } from '../../src/model/logger.ts'
import { Random } from '../support/random.ts'
import { converge } from './converge.ts'
import { Ledger } from './ledger.ts'
import { ModelServer } from './model-server.ts'
import { Network, type World } from './network.ts'
import { drawSetup, type Setup } from './plan.ts'
import { stirTheWorld } from './stir.ts'
import { Time } from './time.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'
import { Watch } from './watch.ts'
import { type Fault, Weather } from './weather.ts'

export interface SimulationOptions {
  readonly without?: ReadonlySet<Fault>
  /** Whether the story is written down; costs time. */
  readonly trace?: 'kept' | 'dropped'
}

/** How the life of one data system went. */
export interface Outcome {
  readonly seed: number
  /** What did not hold; undefined when everything did. */
  readonly failure?: string
  readonly faults: readonly Fault[]
  readonly trace: readonly string[]
  readonly requests: number
  readonly virtualMs: number
}

/** Longest time of trouble, milliseconds. */
const TROUBLE_MS = 240_000

/** One data system, from its start to its close, in a world made of the seed alone. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Outcome> {
  const random = new Random(seed)
  let watch: Watch | undefined
  const time = new Time(() => watch?.check())
  const trace = new Trace(() => time.world.monotonic(), options.trace ?? 'dropped')
  const weather = new Weather(random.fork(), options.without ?? new Set())
  const server = new ModelServer(random.fork())
  const world: World = { random: random.fork(), weather, time, server, ledger: new Ledger(), trace }
  const setup = drawSetup(random, weather.faults)
  const network: Network = new Network(world, (seen) => watch?.attempt(() => watch?.request(seen)))
  const chance = random.fork()
  trace.write(() => `faults: ${weather.faults.join(', ')}`)
  trace.write(() => `plan: ${JSON.stringify(setup.plan)}`)

  let failure: string | undefined
  try {
    const system = createDataSystem('sdk-key', setup.plan, {
      transport: network,
      clock: time.machine,
      random: () => chance.next(),
      logger: loggerTo(trace),
      timings: setup.timings,
    })
    watch = new Watch(system, network, setup, world)
    await live(system, watch, network, setup, world)
  } catch (error) {
    failure =
      error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error)
    trace.write(() => `VIOLATED: ${failure}`)
  }
  return {
    seed,
    ...(failure !== undefined && { failure }),
    faults: weather.faults,
    trace: trace.lines,
    requests: network.count,
    virtualMs: time.world.monotonic(),
  }
}

async function live(
  system: DataSystem,
  watch: Watch,
  network: Network,
  setup: Setup,
  world: World,
): Promise<void> {
  const { random, weather, time, trace } = world
  system.on('status', ({ state, source }) => {
    trace.write(() => `status ${state} ${source ?? ''}, memory at ${system.selector?.state ?? 'no selector'}`)
  })
  if (random.chance(0.7)) system.on('change', (keys) => watch.attempt(() => watch.told(keys)))
  const waits = [
    settled(system.waitForInitialization()),
    settled(system.waitForInitialization({ timeoutMs: 20_000, minimum: 'refreshed' })),
  ]
  const still = stirTheWorld(world, network)
  await time.world.advance(random.int(1, TROUBLE_MS))
  if (!weather.strikes('early close')) {
    still()
    await converge(system, network, setup, world)
  }
  still()
  await close(system, watch, waits, world)
}

async function close(
  system: DataSystem,
  watch: Watch,
  waits: readonly Promise<unknown>[],
  { time, trace }: World,
): Promise<void> {
  trace.write(() => 'close')
  let done = 0
  for (const promise of [system.close(), ...waits]) void promise.then(() => done++)
  await time.world.advance(0)
  watch.check()
  if (done !== waits.length + 1) throw new Violation('close, or a wait for initialization, has no end')
  watch.checkClosed()
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'ClosedError')) throw error
  })
}

function loggerTo(trace: Trace): Logger {
  const write = (message: string): void => trace.write(() => `log: ${message}`)
  return { debug: write, info: write, warn: write, error: write }
}
