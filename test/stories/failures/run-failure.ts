import { createDataSystem } from '../../../src/config/create-data-system.ts'
import { presets } from '../../../src/config/presets.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { Failure } from './failure.ts'
import { Service } from './service.ts'

/** The effects of a failure on a client. */
export interface FailureResult {
  /** The data that reads returned from the failure until the change made during it was visible. */
  readonly served: 'last good' | 'nothing'
  /** Distinct states with their source since the failure, in the order of their first appearance. */
  readonly states: readonly string[]
  /** Distinct kinds of reported errors, in the order of their first appearance. */
  readonly errors: readonly string[]
  /** Time from the change of the flag until it was visible, in milliseconds. */
  readonly freshMs: number
  /** Time from the end of the failure until the stream was valid, in milliseconds. */
  readonly backMs: number
}

const SECOND = 1_000
const NORMAL_MS = 120 * SECOND
const LONGEST_MS = 7_200 * SECOND
const SILENT = { debug() {}, info() {}, warn() {}, error() {} }

/** Runs one failure on virtual time. */
export async function runFailure(failure: Failure, random: () => number): Promise<FailureResult> {
  const { from, strike, repair, lastsMs, changesAfterMs = 0, plan = presets.default(), limits } = failure
  const clock = new VirtualClock()
  const service = new Service(clock)
  if (from === 'start') strike(service)
  const options = { transport: service, clock, random, logger: SILENT, ...(limits && { limits }) }
  await using system = createDataSystem('sdk-key', plan, options)

  const states: string[] = []
  const errors: string[] = []
  let freshAt = Infinity
  let repairedAt = Infinity
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
    if (state === 'valid' && source === 'streaming' && clock.monotonic() >= repairedAt)
      backAt = Math.min(backAt, clock.monotonic())
  })

  await clock.advance(from === 'start' ? 1 : NORMAL_MS)
  if (from === 'running') {
    states.length = 0
    // The last bytes of the stream, so that its silence begins with the failure.
    service.send(':\n\n')
    await clock.advance(0)
    strike(service)
  }
  const struckAt = clock.monotonic()
  if (!repair) repairedAt = struckAt
  const served = system.flag('checkout') ? 'last good' : 'nothing'
  await clock.advance(changesAfterMs)
  freshAt = Infinity
  service.update()
  const changedAt = clock.monotonic()

  const isLasting = (): boolean =>
    lastsMs === undefined ? freshAt === Infinity : clock.monotonic() < struckAt + lastsMs
  while (isLasting()) await clock.advance(SECOND / 10)
  if (repair) {
    if (lastsMs === undefined) await clock.advance(2 * SECOND)
    repairedAt = clock.monotonic()
    repair(service)
  }
  while (backAt + freshAt === Infinity && clock.monotonic() < LONGEST_MS) await clock.advance(SECOND)
  if (lost) throw new Error('the flag was lost in the meantime')
  return {
    served,
    states: [...new Set(states)],
    errors: [...new Set(errors)],
    freshMs: freshAt - changedAt,
    backMs: backAt - repairedAt,
  }
}
