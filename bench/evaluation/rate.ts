import { median } from '../median.ts'
import type { Loop } from './loops.ts'

const WARM_UP_MS = 200
const BATCH_MS = 60
const BATCHES = 5

/**
 * Returns evaluations per second of processor time of this thread, because elapsed time depends on other load of the machine. Threads
 * of the garbage collector are not counted, which favours subjects that allocate more.
 */
export async function ratePerSecond(loop: Loop): Promise<number> {
  const evaluations = await warmUp(loop)
  const rates: number[] = []
  for (let batch = 0; batch < BATCHES; batch++) {
    rates.push((evaluations / (await cpuMs(loop, evaluations))) * 1000)
  }
  return median(rates)
}

/** Evaluates until the code is optimized. Returns the number of evaluations of a batch. */
async function warmUp(loop: Loop): Promise<number> {
  let evaluations = 1_000
  for (let spent = 0; spent < WARM_UP_MS; ) {
    const ms = await cpuMs(loop, evaluations)
    spent += ms
    if (ms < BATCH_MS) evaluations = Math.ceil(evaluations * Math.min(10, (1.2 * BATCH_MS) / ms))
  }
  return evaluations
}

async function cpuMs(loop: Loop, evaluations: number): Promise<number> {
  const before = process.threadCpuUsage()
  await loop(evaluations)
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
