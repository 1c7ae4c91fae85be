import type { DataSystem } from '../../src/datasystem/data-system.ts'
import { LONGEST_RETRY_AFTER_MS } from './fate.ts'
import type { Network, World } from './network.ts'
import type { Setup } from './plan.ts'
import { differenceBetween } from './served.ts'
import { publish } from './stir.ts'
import { insist } from './violation.ts'

/** An order to use FDv1 is obeyed for an hour at most (D8). */
const LONGEST_ORDER_MS = 3_600_000

const STEP_MS = 5_000

/** Nothing goes wrong any more: within a stated time everything must be as it should be. */
export async function converge(
  system: DataSystem,
  network: Network,
  setup: Setup,
  world: World,
): Promise<void> {
  const { server, trace, ledger } = world
  trace.write(() => 'faults end')
  const isOff = (): boolean => setup.retirable && system.status.current.state === 'off'
  // A state may hold the same as the one before: it was received only if a source has spoken since it was published.
  let heard = ledger.dataWords
  const publishNow = (): void => {
    heard = ledger.dataWords
    publish(world, network)
  }
  const isGood = (): boolean =>
    ledger.dataWords > heard && servesCurrent(system, world) && system.status.current.state === 'valid'
  const good = (): string => `${server.current.name} to be served, and valid`
  const waitFor = (boundMs: number, holds: () => boolean, what: () => string): Promise<void> =>
    within(boundMs, holds, what, system, world)

  // Word of something new is what an interrupted stream is waiting for.
  publishNow()
  const ordered = setup.directable ? LONGEST_ORDER_MS : 0
  await waitFor(boundOf(setup) + ordered, () => isOff() || isGood(), good)
  if (isOff()) await waitFor(LONGEST_RETIREMENT_MS + boundOf(setup), isGood, good)
  const isPreferred = (): boolean => isGood() && system.status.current.source === setup.preferred
  if (!setup.retirable)
    await waitFor(comebackOf(setup) + ordered, isPreferred, () => `${setup.preferred} to be active`)
  publishNow()
  await waitFor(setup.timings.pollIntervalMs * 1.04 + STEP_MS, isGood, good)
}

/** A source that was refused for good is tried again after an hour and a quarter at the latest (D9). */
const LONGEST_RETIREMENT_MS = 4_500_000

/** Longest until the preferred source is back: a wait the server asked for, and two failed tries. */
function comebackOf({ timings }: Setup): number {
  return timings.recoveryMs * 3 + LONGEST_RETRY_AFTER_MS * 1.5 + 60_000
}

/** Longest that data may be late once nothing goes wrong: every kind of patience, once, one after the other. */
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
  what: () => string,
  system: DataSystem,
  { time }: World,
): Promise<void> {
  for (let waited = 0; !holds(); waited += STEP_MS) {
    insist(waited < boundMs, () => {
      const { selector, status } = system
      return `waited ${waited} ms for ${what()}; at ${selector?.state}, ${JSON.stringify(status.current)}`
    })
    await time.world.advance(STEP_MS)
  }
}
