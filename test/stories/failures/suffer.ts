import { createDataSystem } from '../../../src/config/create-data-system.ts'
import { presets } from '../../../src/config/presets.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { Failure } from './failure.ts'
import { Service } from './service.ts'

/** What a failure did to a client. */
export interface Suffered {
  /** What reads gave from the failure until the change made in the midst of it was visible. */
  readonly served: 'last good' | 'nothing'
  /** State and source from the failure on, each once, in the order of their first appearance. */
  readonly states: readonly string[]
  /** Kinds of failure reported, in the same way. */
  readonly errors: readonly string[]
  /** From the change of a flag to the moment it was visible. */
  readonly freshMs: number
  /** From the repair, or from a failure that is over at once, to the stream being valid. */
  readonly backMs: number
}

const SECOND = 1_000
const WELL_FOR_MS = 120 * SECOND
const LONGEST_MS = 7_200 * SECOND
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Runs one failure on virtual time. */
export async function suffer(failure: Failure, random: () => number): Promise<Suffered> {
  const { from, strike, repair, lastsMs, changesAfterMs = 0, plan = presets.default(), limits } = failure
  const clock = new VirtualClock()
  const service = new Service(clock)
  if (from === 'start') strike(service)
  const options = { transport: service, clock, random, logger: SILENT, ...(limits && { limits }) }
  await using system = createDataSystem('sdk-key', plan, options)

  const states: string[] = []
  const errors: string[] = []
  let freshAt = Infinity
  let mendedAt = Infinity
  let backAt = Infinity
  let lost = false
  system.on('change', () => {
    const version = system.flag('checkout')?.version
    if (version === service.version) freshAt = Math.min(freshAt, clock.monotonic())
    lost ||= version === undefined
  })
  system.on('status', ({ state, source, lastError }) => {
    states.push(`${state} ${source}`)
    if (lastError) errors.push(lastError.kind)
    if (state === 'valid' && source === 'streaming' && clock.monotonic() >= mendedAt)
      backAt = Math.min(backAt, clock.monotonic())
  })

  await clock.advance(from === 'start' ? 1 : WELL_FOR_MS)
  if (from === 'running') {
    states.length = 0
    // The last word that is heard, so that a silence begins with the failure.
    service.say(':\n\n')
    await clock.advance(0)
    strike(service)
  }
  const struckAt = clock.monotonic()
  if (!repair) mendedAt = struckAt
  const served = system.flag('checkout') ? 'last good' : 'nothing'
  await clock.advance(changesAfterMs)
  freshAt = Infinity
  service.update()
  const changedAt = clock.monotonic()

  const goesOn = (): boolean =>
    lastsMs === undefined ? freshAt === Infinity : clock.monotonic() < struckAt + lastsMs
  while (goesOn()) await clock.advance(SECOND / 10)
  if (repair) {
    if (lastsMs === undefined) await clock.advance(2 * SECOND)
    mendedAt = clock.monotonic()
    repair(service)
  }
  while (backAt + freshAt === Infinity && clock.monotonic() < LONGEST_MS) await clock.advance(SECOND)
  if (lost) throw new Error('the flag was lost in the meantime')
  return {
    served,
    states: [...new Set(states)],
    errors: [...new Set(errors)],
    freshMs: freshAt - changedAt,
    backMs: backAt - mendedAt,
  }
}
