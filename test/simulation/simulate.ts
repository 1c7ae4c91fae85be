import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { Logger } from '../../src/model/logger.ts'
import { Random } from '../support/random.ts'
import { converge } from './converge.ts'
import { startEvents } from './events.ts'
import { type Fault, Faults } from './faults.ts'
import { Invariants } from './invariants.ts'
import { ModelServer } from './model-server.ts'
import { Network, type World } from './network.ts'
import { drawSetup, type Setup } from './plan.ts'
import { ReceivedData } from './received-data.ts'
import { Time } from './time.ts'
import { Trace } from './trace.ts'
import { Violation } from './violation.ts'

export interface SimulationOptions {
  readonly without?: ReadonlySet<Fault>
  /** True if the trace is kept, which is slower. Default: `dropped`. */
  readonly trace?: 'kept' | 'dropped'
}

/** The result of one seed. */
export interface Outcome {
  readonly seed: number
  /** The violated invariant. Absent if there is none. */
  readonly failure?: string
  readonly faults: readonly Fault[]
  readonly trace: readonly string[]
  readonly requests: number
  readonly virtualMs: number
}

/** Longest time with faults, in milliseconds. */
const FAULTY_MS = 240_000

/** Simulates one data system from its start to its close. The seed determines everything. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Outcome> {
  const random = new Random(seed)
  let invariants: Invariants | undefined
  const time = new Time(() => invariants?.check())
  const trace = new Trace(() => time.world.monotonic(), options.trace ?? 'dropped')
  const faults = new Faults(random.fork(), options.without ?? new Set())
  const server = new ModelServer(random.fork())
  const world: World = { random: random.fork(), faults, time, server, received: new ReceivedData(), trace }
  const setup = drawSetup(random, faults.active)
  const network: Network = new Network(world, (seen) => invariants?.attempt(() => invariants?.request(seen)))
  const chance = random.fork()
  trace.write(() => `faults: ${faults.active.join(', ')}`)
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
    invariants = new Invariants(system, network, setup, world)
    await live(system, invariants, network, setup, world)
  } catch (error) {
    failure =
      error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error)
    trace.write(() => `VIOLATED: ${failure}`)
  }
  return {
    seed,
    ...(failure !== undefined && { failure }),
    faults: faults.active,
    trace: trace.lines,
    requests: network.count,
    virtualMs: time.world.monotonic(),
  }
}

async function live(
  system: DataSystem,
  invariants: Invariants,
  network: Network,
  setup: Setup,
  world: World,
): Promise<void> {
  const { random, faults, time, trace } = world
  system.on('status', ({ state, source }) => {
    trace.write(() => `status ${state} ${source ?? ''}, memory at ${system.selector?.state ?? 'no selector'}`)
  })
  if (random.chance(0.7)) system.on('change', (keys) => invariants.attempt(() => invariants.changed(keys)))
  const waits = [
    settled(system.waitForInitialization()),
    settled(system.waitForInitialization({ timeoutMs: 20_000, minimum: 'refreshed' })),
  ]
  const stopFaults = startEvents(world, network)
  await time.world.advance(random.int(1, FAULTY_MS))
  if (!faults.occurs('early close')) {
    stopFaults()
    await converge(system, network, setup, world)
  }
  stopFaults()
  await close(system, invariants, waits, world)
}

async function close(
  system: DataSystem,
  invariants: Invariants,
  waits: readonly Promise<unknown>[],
  { time, trace }: World,
): Promise<void> {
  trace.write(() => 'close')
  let done = 0
  for (const promise of [system.close(), ...waits]) void promise.then(() => done++)
  await time.world.advance(0)
  invariants.check()
  if (done !== waits.length + 1) throw new Violation('close, or a wait for initialization, has no end')
  invariants.checkClosed()
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
