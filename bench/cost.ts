import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a piece of work took. */
export interface Cost {
  readonly wallMs: number
  /** Of all threads of the process, the collector's included. */
  readonly cpuMs: number
  /** The longest time the event loop did not turn, by `monitorEventLoopDelay`, which sees no less than 1 ms. */
  readonly turnMs: number
}

export async function costOf(work: () => Promise<void>): Promise<Cost> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await work()
  const wallMs = performance.now() - begun
  const { user, system } = process.cpuUsage(cpu)
  // The longest turn may be this one: let it end before looking.
  await sleep(3)
  delay.disable()
  return { wallMs, cpuMs: (user + system) / 1000, turnMs: delay.max / 1e6 }
}
