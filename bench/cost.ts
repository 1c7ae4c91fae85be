import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** The cost of a piece of work. */
export interface Cost {
  readonly wallMs: number
  /** Processor time of all threads of the process, including garbage collection. */
  readonly cpuMs: number
  /** Longest turn of the event loop, by `monitorEventLoopDelay`, whose resolution is 1 ms. */
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
  // The longest turn may be the present one: let it end first.
  await sleep(3)
  delay.disable()
  return { wallMs, cpuMs: (user + system) / 1000, turnMs: delay.max / 1e6 }
}
