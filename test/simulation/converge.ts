import type { DataSystem } from '../../src/datasystem/data-system.ts'
import { publish } from './events.ts'
import type { Network, World } from './network.ts'
import type { Setup } from './plan.ts'
import { LONGEST_RETRY_AFTER_MS } from './request-plan.ts'
import { differenceBetween } from './served.ts'
import { ensure } from './violation.ts'

/** Longest duration of an order to use FDv1, in milliseconds (D8). */
const LONGEST_ORDER_MS = 3_600_000

const STEP_MS = 5_000

/** Checks, after the last fault, that the data system serves current data from the preferred source within fixed times. */
export async function converge(
  system: DataSystem,
  network: Network,
  setup: Setup,
  world: World,
): Promise<void> {
  const { server, trace, received } = world
  trace.write(() => 'faults end')
  const isOff = (): boolean => setup.retirable && system.status.current.state === 'off'
  // Two states may have the same data. The new one was received only if data arrived after its publication.
  let countBefore = received.dataCount
  const publishNow = (): void => {
    countBefore = received.dataCount
    publish(world, network)
  }
  const isGood = (): boolean =>
    received.dataCount > countBefore &&
    servesCurrent(system, world) &&
    system.status.current.state === 'valid'
  const good = (): string => `${server.current.name} to be served, and valid`
  const waitFor = (boundMs: number, holds: () => boolean, goal: () => string): Promise<void> =>
    within(boundMs, holds, goal, system, world)

  // An interrupted stream becomes valid with its next data.
  publishNow()
  const ordered = setup.directable ? LONGEST_ORDER_MS : 0
  await waitFor(boundOf(setup) + ordered, () => isOff() || isGood(), good)
  if (isOff()) await waitFor(LONGEST_RETIREMENT_MS + boundOf(setup), isGood, good)
  const isPreferred = (): boolean => isGood() && system.status.current.source === setup.preferred
  if (!setup.retirable)
    await waitFor(recoveryBoundOf(setup) + ordered, isPreferred, () => `${setup.preferred} to be active`)
  publishNow()
  await waitFor(setup.timings.pollIntervalMs * 1.04 + STEP_MS, isGood, good)
}

/** Longest time until a retired source is tried again, in milliseconds (D9). */
const LONGEST_RETIREMENT_MS = 4_500_000

/** Returns the longest time until the preferred source is active, in milliseconds: one `Retry-After` and two failed attempts. */
function recoveryBoundOf({ timings }: Setup): number {
  return timings.recoveryMs * 3 + LONGEST_RETRY_AFTER_MS * 1.5 + 60_000
}

/** Returns the longest delay of data after the last fault, in milliseconds: the sum of all time-outs. */
function boundOf({ timings }: Setup): number {
  const { streamSilenceMs, interruptedMs, firstDataMs, pollIntervalMs } = timings
  return (
    streamSilenceMs + interruptedMs + firstDataMs + 2 * pollIntervalMs + LONGEST_RETRY_AFTER_MS * 1.5 + 60_000
  )
}

function servesCurrent(system: DataSystem, { server }: World): boolean {
  const { current } = server
  const snapshot = system.snapshot()
  const named = snapshot.selector?.state ?? current.name
  return named === current.name && differenceBetween(snapshot, current) === undefined
}

async function within(
  boundMs: number,
  holds: () => boolean,
  goal: () => string,
  system: DataSystem,
  { time }: World,
): Promise<void> {
  for (let waited = 0; !holds(); waited += STEP_MS) {
    ensure(waited < boundMs, () => {
      const { selector, status } = system
      return `waited ${waited} ms for ${goal()}; at ${selector?.state}, ${JSON.stringify(status.current)}`
    })
    await time.world.advance(STEP_MS)
  }
}
